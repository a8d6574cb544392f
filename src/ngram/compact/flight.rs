//! Here are sentences, score many at once.
//!
//! One token of each in turn, and then once more round to send for what the next tokens will look
//! at: where that lies is known to a directory, which is sent for by each step. So the memory
//! brings first the places and then what lies there, while the others are looked at.

use super::state::State;
use super::walk::Walk;
use crate::prob::LogProb;
use crate::token::TokenId;

/// How many sentences one thread takes on.
pub(super) const SENTENCES: usize = if cfg!(test) { 5 } else { 256 };

/// How many of them are being read at a time.
const IN_FLIGHT: usize = if cfg!(test) { 3 } else { 16 };

/// A sentence being read.
struct Flight<'s> {
    tokens: std::slice::Iter<'s, TokenId>,
    number: usize,
    state: State,
}

impl Flight<'_> {
    /// The token to be read next.
    fn next(&self) -> TokenId {
        let left = self.tokens.as_slice();
        left.first().copied().unwrap_or(TokenId::END)
    }
}

/// ln p of every token of each sentence and of its `</s>`, each read from its `<s>`.
pub(super) fn score(walk: &Walk, sentences: &[&[TokenId]]) -> Vec<Vec<LogProb>> {
    let room = |sentence: &&[TokenId]| Vec::with_capacity(sentence.len() + 1);
    let mut scores: Vec<Vec<LogProb>> = sentences.iter().map(room).collect();
    let start = walk.start();
    let mut waiting = sentences
        .iter()
        .enumerate()
        .map(|(number, sentence)| Flight {
            tokens: sentence.iter(),
            number,
            state: start,
        });
    let mut flights: Vec<Flight> = waiting.by_ref().take(IN_FLIGHT).collect();
    while !flights.is_empty() {
        for flight in &flights {
            walk.send_for(&flight.state);
            walk.send_for_token(flight.next());
        }
        let mut index = 0;
        while let Some(flight) = flights.get_mut(index) {
            let token = flight.next();
            let next = flight.tokens.next();
            let step = walk.step_in_flight(&flight.state, token);
            flight.state = step.state;
            let log_prob = match token {
                TokenId::START => LogProb::ZERO,
                _ => LogProb::from_log10(step.log10_prob),
            };
            scores[flight.number].push(log_prob);
            index += 1;
            if next.is_none() {
                index -= 1;
                match waiting.next() {
                    Some(next) => {
                        flights[index] = next;
                        index += 1;
                    }
                    None => drop(flights.swap_remove(index)),
                }
            }
        }
    }
    scores
}
