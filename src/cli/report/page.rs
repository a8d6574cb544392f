//! Here are voices, compared; write a page.

use super::charts;
use super::html::{bar, escaped, hue, table, voice};
use super::words;
use crate::cli::columns::{bytes, count, percent, perplexity, rate};
use crate::cli::compare::{
    Compared, Measured, Played, Row, Source, Writings, asked_at, calibration_sentence, signed,
    title,
};
use crate::compare::buckets::Table;
use crate::compare::probe::{Choice, Divergence};
use crate::compare::wins::{Win, Wins};
use crate::compare::{Details, Excerpt};
use crate::open::Opened;

/// What the page shows.
pub(super) struct Page<'a> {
    pub(super) models: &'a [Opened],
    /// The files that the voices were judged on.
    pub(super) text: &'a [String],
    pub(super) compared: &'a Compared<'a>,
    pub(super) source: Option<&'a Source>,
}

const STYLE: &str = include_str!("style.css");

impl Page<'_> {
    pub(super) fn html(&self) -> String {
        let names: Vec<&str> = self.models.iter().map(|model| &model.name[..]).collect();
        let title = escaped(&format!("{}, side by side", names.join(" and ")));
        let mut out = format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <title>{title}</title><style>\n{STYLE}</style></head><body><main>\n<h1>{title}</h1>\n"
        );
        if let Some(measured) = &self.compared.measured {
            out += &self.measured(measured);
            if let Some(details) = &measured.details {
                out += &self.details(details);
            }
        }
        if let Some(played) = &self.compared.duet {
            out += &self.duet(played);
        }
        if let Some(writings) = &self.compared.writings {
            out += &self.writings(writings);
        }
        out + &self.glossary() + "</main></body></html>\n"
    }

    fn measured(&self, measured: &Measured) -> String {
        let mut out = format!(
            "<p class=\"soft\">{}</p>\n",
            words::text_read(measured, &self.models[0], self.text)
        );
        out += "<section class=\"brief\" aria-label=\"In short\">\n";
        for sentence in words::brief(measured, self.models) {
            out += &format!("<p>{sentence}</p>\n");
        }
        out += "</section>\n<h2>How well each foresees the text</h2>\n";
        out += "<p>A voice that foresees what comes needs few bits to say it. Each bit less per byte \
                is one yes-or-no question less to get from the voice's guess to what really came.</p>\n";
        out += &charts::intervals(&measured.rows).unwrap_or_default();
        let heads = [
            "voice",
            "bits per byte",
            "95% interval",
            "choices a token",
            "unknown tokens",
            "tokens a second",
            "size",
        ];
        let heads: Vec<String> = heads.map(str::to_owned).to_vec();
        let rows: Vec<Vec<String>> = measured
            .rows
            .iter()
            .enumerate()
            .map(|(number, row)| self.measured_row(number, row, measured))
            .collect();
        out += &table("All voices on the same text", &heads, &rows);
        for (number, model) in self.models.iter().enumerate() {
            out += &format!(
                "<p class=\"soft\">{}: {}.</p>\n",
                voice(&model.name, number),
                escaped(&model.voice.describe())
            );
        }
        for note in measured.notes() {
            out += &format!("<p class=\"soft\">{}.</p>\n", escaped(&note));
        }
        out
    }

    fn measured_row(&self, number: usize, row: &Row, measured: &Measured) -> Vec<String> {
        let totals = &row.figures.totals;
        let whole = |cell: String| format!("<span class=\"cell\">{cell}</span>");
        let interval = row.interval.map(|interval| {
            format!(
                "{} to {}",
                perplexity(interval.low),
                perplexity(interval.high)
            )
        });
        vec![
            voice(&row.name, number),
            perplexity(totals.bits_per_byte()),
            whole(interval.unwrap_or_default()),
            match measured.same_tokens {
                true => perplexity(totals.perplexity()),
                false => "not comparable".into(),
            },
            count(totals.unknown()),
            row.figures
                .tokens_per_second()
                .map(rate)
                .unwrap_or_default(),
            whole(row.size.map(bytes).unwrap_or_default()),
        ]
    }

    fn details(&self, details: &Details) -> String {
        let mut out = "<h2>Where they differ</h2>\n<p>An average hides where voices differ. Here the same \
             tokens are sorted in several ways. The bars are bits a token, so shorter is better.</p>\n"
            .to_owned();
        for table in &details.tables {
            out += &self.bucket_table(details, table);
        }
        for divergence in &details.divergences {
            out += &self.divergence(details, divergence);
        }
        out += &self.calibration(details);
        out += "<h2>Where each does best against the other</h2>\n";
        for wins in &details.wins {
            out += &self.wins(details, wins);
        }
        out
    }

    fn number_of(&self, name: &str) -> usize {
        self.models
            .iter()
            .position(|model| model.name == name)
            .unwrap_or(0)
    }

    fn bucket_table(&self, details: &Details, parted: &Table) -> String {
        let (what, head) = title(parted.by);
        let mut heads = vec![head.to_owned(), "tokens".into(), "share".into()];
        heads.extend(
            details
                .voices
                .iter()
                .enumerate()
                .map(|(number, name)| voice(name, number)),
        );
        let first = &details.voices[0];
        let others = details.voices[1..].iter();
        heads.extend(others.map(|name| format!("{} − {}", escaped(name), escaped(first))));
        let bits = parted.rows.iter().flat_map(|row| &row.bits);
        let most = bits
            .copied()
            .filter(|bits| bits.is_finite())
            .fold(0.0, f64::max);
        let rows = parted.rows.iter().map(|row| {
            let mut cells = vec![row.bucket.clone(), count(row.tokens), percent(row.share)];
            cells.extend(row.bits.iter().enumerate().map(|(number, &bits)| {
                format!("{}{}", perplexity(bits), bar(bits / most, number))
            }));
            let differences = row.differences.iter();
            cells.extend(
                differences.map(|&mean| format!("<span class=\"cell\">{}</span>", signed(mean))),
            );
            cells
        });
        let rows: Vec<Vec<String>> = rows.collect();
        let counted = match (parted.by, &details.counts_of) {
            (crate::compare::buckets::Parting::Position, _) | (_, None) => String::new(),
            (_, Some(name)) => format!(", as {} counted", escaped(name)),
        };
        let caption = format!("Bits a token {what}{counted}");
        let verdicts = words::verdicts(details, parted, |name| self.number_of(name));
        let verdicts: String = verdicts
            .iter()
            .map(|said| format!("<p>{said}</p>\n"))
            .collect();
        table(&caption, &heads, &rows) + &verdicts
    }

    fn divergence(&self, details: &Details, divergence: &Divergence) -> String {
        let other = self.number_of(&divergence.voice);
        let (first, second) = (
            voice(&details.voices[0], 0),
            voice(&divergence.voice, other),
        );
        let mut out = format!(
            "<h2>How far apart {first} and {second} are</h2>\n<p>On average <b>{:.3} ±{:.3}</b>, where 0 means that \
             both expect the same and 1 that one expects only what the other thinks impossible \
             (Jensen–Shannon divergence in bits, {}). They differ most here:</p>\n",
            divergence.mean_bits.value,
            divergence.mean_bits.margin,
            asked_at(details),
        );
        for place in &divergence.places {
            out += &format!(
                "<blockquote><p>{}</p><p class=\"soft\">{:.2} apart. {first} expected {}.<br>{second} expected {}.</p></blockquote>\n",
                excerpt(&place.text),
                place.bits,
                choices(&place.first),
                choices(&place.other),
            );
        }
        out
    }

    fn calibration(&self, details: &Details) -> String {
        let mut out = format!(
            "<h2>How sure, and how right</h2>\n<p>A voice that says 90% should be right nine times in ten. \
             Each dot gathers the places where a voice gave its first guess about the same probability; \
             on the dashed line it keeps what it promises, below it promises too much ({}).</p>\n<div class=\"figures\">",
            asked_at(details)
        );
        for (number, calibration) in details.calibrations.iter().enumerate() {
            out += &charts::reliability(calibration, number);
        }
        out += "</div>\n";
        for (number, calibration) in details.calibrations.iter().enumerate() {
            let sentence = escaped(&calibration_sentence(calibration));
            out += &format!("<p>{sentence}.</p>\n");
            let heads = ["promised", "places", "promised on average", "came"].map(str::to_owned);
            let rows: Vec<Vec<String>> = calibration
                .bins
                .iter()
                .map(|bin| {
                    // Where all were right, or none, the spread says nothing of the next.
                    let came = match bin.right.margin > 0.0 && bin.right.margin.is_finite() {
                        true => format!(
                            "{} ±{}",
                            percent(bin.right.value),
                            percent(bin.right.margin)
                        ),
                        false => percent(bin.right.value),
                    };
                    vec![
                        format!("{:.0}–{:.0}%", 100.0 * bin.from, 100.0 * bin.to),
                        count(bin.places as u64),
                        percent(bin.promised),
                        format!("{came}{}", bar(bin.right.value, number)),
                    ]
                })
                .collect();
            let caption = format!("First guesses of {}", escaped(&calibration.voice));
            out += &table(&caption, &heads, &rows);
        }
        out
    }

    fn wins(&self, details: &Details, wins: &Wins) -> String {
        let other = self.number_of(&wins.voice);
        let (first, second) = (voice(&details.voices[0], 0), voice(&wins.voice, other));
        let mut out = format!(
            "<p>{first} gave {} of {} tokens more probability than {second} did, and {second} gave more to {}.</p>\n",
            count(wins.first_better),
            count(details.places as u64),
            count(wins.other_better),
        );
        for (name, wins) in [(&first, &wins.first), (&second, &wins.other)] {
            if !wins.is_empty() {
                out += &format!("<h3>What {name} foresaw</h3>\n");
            }
            for win in wins {
                out += &win_html(win, &first, &second);
            }
        }
        out
    }

    fn duet(&self, played: &Played) -> String {
        let prompt = match played.prompt.is_empty() {
            true => format!("from the start of a {}", words::sentence(&self.models[0])),
            false => format!("from “{}”", escaped(&played.prompt)),
        };
        let mut out = format!(
            "<h2>The same dice</h2>\n<p>All go on {prompt}, and at each step draw with the same \
             number (seed {}), so where they part it is the voices that differ. The wider the underline, the more \
             surprising the token was to the voice that wrote it.</p>\n",
            played.seed
        );
        for (number, (model, written, _)) in played.voices().enumerate() {
            out += &format!("<blockquote><p>{}: ", voice(&model.name, number));
            for (at, step) in written.steps.iter().enumerate() {
                let bits = step.log_prob.surprisal_bits();
                let mark = if played.duet.parted == Some(at) {
                    " ≠ "
                } else {
                    ""
                };
                let width = (bits / 3.0).clamp(0.0, 4.0) / 10.0;
                out += &format!(
                    "{mark}<span class=\"token\" style=\"border-bottom:{width:.2}rem solid var(--v{})\" title=\"{bits:.1} bits\">{}</span> ",
                    hue(number),
                    escaped(&played.token(number, step.token)),
                );
            }
            out += "</p>";
            let spans = self.source.map(|source| source.spans(&written.tokens()));
            for (span, passage) in spans.unwrap_or_default() {
                let json = passage.json();
                let place = format!(
                    "{}:{}",
                    json["file"].as_str().unwrap_or_default(),
                    json["line"]
                );
                out += &format!(
                    "<p class=\"soft\">{} tokens in a row stand in {}: {}</p>",
                    span.found.length,
                    escaped(&place),
                    escaped(json["match"].as_str().unwrap_or_default()),
                );
            }
            out += "</blockquote>\n";
        }
        out + &self.fork(played)
    }

    fn fork(&self, played: &Played) -> String {
        let (Some(fork), Some(step)) = (&played.fork, played.duet.parted) else {
            return String::new();
        };
        let mut rows = Vec::new();
        for (number, shares) in fork.shares.iter().enumerate() {
            for share in shares {
                let token = escaped(&played.token(number, share.token));
                rows.push(vec![
                    voice(&self.models[number].name, number),
                    if share.drawn {
                        format!("<b>{token}</b>")
                    } else {
                        token
                    },
                    format!("{}{}", percent(share.p), bar(share.p, number)),
                    format!("{:.3} to {:.3}", share.from, share.to),
                    if share.drawn {
                        "drawn".into()
                    } else {
                        String::new()
                    },
                ]);
            }
        }
        let heads = [
            "voice",
            "token",
            "probability",
            "drawn if the dice fall",
            "",
        ]
        .map(str::to_owned);
        let caption = format!(
            "They part at step {}: the dice fell on {:.3}",
            step + 1,
            fork.u
        );
        table(&caption, &heads, &rows)
    }

    fn writings(&self, writings: &Writings) -> String {
        let mut out = "<h2>What they write</h2>\n<p>Left to write many texts, how varied are the voices, how much do they \
             repeat themselves, and how much of it is new? What people wrote stands beside them.</p>\n"
            .to_owned();
        if writings.characters.iter().any(|by| !by.novelty.is_empty()) {
            out += &charts::novelty(&writings.characters);
        }
        let names = writings.characters.iter().enumerate();
        let names = names.map(|(number, by)| voice(&by.voice, number));
        let heads: Vec<String> = std::iter::once(String::new()).chain(names).collect();
        let rows: Vec<Vec<String>> = writings
            .figures()
            .into_iter()
            .map(|(name, figures)| {
                let cells = figures
                    .iter()
                    .map(|figure| format!("<span class=\"cell\">{}</span>", escaped(figure)));
                std::iter::once(escaped(&name)).chain(cells).collect()
            })
            .collect();
        out += &table("The character of their texts", &heads, &rows);
        for (by, source) in writings.characters.iter().zip(&writings.sources) {
            if let (Some(source), Some(tokens)) = (source, by.longest_copied) {
                let text = |key: &str| escaped(source[key].as_str().unwrap_or_default());
                out += &format!(
                    "<blockquote><p class=\"soft\">The longest of {}, {tokens} tokens, stands in {}, line {}:</p><p>{}<mark>{}</mark>{}</p></blockquote>\n",
                    escaped(&by.voice),
                    text("file"),
                    source["line"],
                    text("before"),
                    text("match"),
                    text("after"),
                );
            }
        }
        out + &format!("<p class=\"soft\">{}.</p>\n", escaped(&writings.how()))
    }

    fn glossary(&self) -> String {
        format!(
            "<h2>What the words mean</h2>\n<dl>\
             <dt>token</dt><dd>What is guessed, one at a time: here {}, and the end of each {sentence}.</dd>\
             <dt>choices</dt><dd>How open a guess is. “4.3 choices” means: as hard as picking blindly among a \
             little more than four equally likely tokens. (Also called perplexity.)</dd>\
             <dt>bit</dt><dd>One yes-or-no question. Each bit halves the choices: 3 bits are 8 choices.</dd>\
             <dt>bits per byte</dt><dd>The bits spread over the bytes of the text (a letter is one or a few), so that voices with \
             different tokens can be compared.</dd>\
             <dt>95% interval, ±</dt><dd>How far a figure might be off because the text is only a sample. \
             Judged on other such {sentence}s, it would lie in there nearly always.</dd>\
             <dt>context</dt><dd>The tokens just before, which a voice guesses from.</dd>\
             <dt>n-gram</dt><dd>n tokens in a row.</dd>\
             <dt>counts</dt><dd>A voice of counts remembers what followed what in its text; a neural voice has \
             learned weights from it, and may guess well where nothing like it was seen.</dd></dl>\n",
            words::tokens(&self.models[0]),
            sentence = words::sentence(&self.models[0]),
        )
    }
}

fn excerpt(text: &Excerpt) -> String {
    format!(
        "{}<mark>{}</mark>{}",
        escaped(&text.before),
        escaped(&text.token),
        escaped(&text.after)
    )
}

fn choices(top: &[Choice]) -> String {
    let choice = |choice: &Choice| format!("“{}” ({})", escaped(&choice.text), percent(choice.p));
    top.iter().map(choice).collect::<Vec<_>>().join(", ")
}

fn win_html(win: &Win, first: &str, second: &str) -> String {
    format!(
        "<blockquote><p>{}</p><p class=\"soft\">{first} gave it {}, {second} {}.</p></blockquote>\n",
        excerpt(&win.text),
        probability(win.first_p),
        probability(win.other_p),
    )
}

/// "61.3%", or "1 in 12,345" where a percentage says little.
fn probability(p: f64) -> String {
    match p {
        0.0 => "nothing at all".into(),
        p if p >= 0.01 => percent(p),
        p if p >= 1e-12 => format!("1 in {}", count((1.0 / p).round() as u64)),
        _ => "next to nothing".into(),
    }
}
