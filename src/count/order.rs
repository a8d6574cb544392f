//! Here is the n of an n-gram model.

use std::fmt;
use std::num::NonZeroU8;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// The order n of an n-gram model: n − 1 tokens of context and the token they predict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Order(NonZeroU8);

impl Order {
    /// The highest order there is.
    pub const MAX: usize = u8::MAX as usize;

    /// An order from 1 to [`Order::MAX`].
    pub fn new(n: usize) -> Result<Self> {
        let order = u8::try_from(n).ok().and_then(NonZeroU8::new);
        order.map(Order).ok_or_else(|| {
            Error::new(ErrorKind::Usage, format!("there is no order {n}"))
                .way_out(format!("choose an order from 1 to {}", Order::MAX))
        })
    }

    /// The number itself.
    pub const fn get(self) -> usize {
        self.0.get() as usize
    }

    /// How many tokens of context such a model looks at.
    pub const fn context_len(self) -> usize {
        self.get() - 1
    }
}

impl TryFrom<u8> for Order {
    type Error = Error;
    fn try_from(n: u8) -> Result<Self> {
        Order::new(n.into())
    }
}

impl From<Order> for u8 {
    fn from(order: Order) -> u8 {
        order.0.get()
    }
}

impl FromStr for Order {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let number = text.parse().map_err(|_| {
            Error::new(ErrorKind::Usage, format!("'{text}' is no order"))
                .way_out("give a whole number from 1, as in --order 5")
        })?;
        Order::new(number)
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
