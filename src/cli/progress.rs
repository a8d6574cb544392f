//! Here is long work; draw how far it is, on a terminal only.

use std::fmt::Write;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use super::columns::rate;

use super::console::tell;
use crate::progress::{Progress, Stage};
use crate::warning::Warning;

/// Draws stages as bars if somebody can see them; warnings are said in any case.
pub(super) struct Bars {
    visible: bool,
    bar: Mutex<Option<ProgressBar>>,
    stop: StopFlag,
}

impl Bars {
    pub(super) fn new(visible: bool) -> Self {
        Bars {
            visible,
            bar: Mutex::default(),
            stop: StopFlag::default(),
        }
    }

    pub(super) fn stop_flag(&self) -> StopFlag {
        self.stop.clone()
    }

    /// The last stage is complete.
    pub(super) fn finish(&self) {
        if let Some(bar) = self.replace(None) {
            bar.finish();
        }
    }

    fn replace(&self, bar: Option<ProgressBar>) -> Option<ProgressBar> {
        let mut current = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut current, bar)
    }

    fn say(&self, line: String) {
        let bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        match &*bar {
            Some(bar) => bar.suspend(|| tell(line)),
            None => tell(line),
        }
    }
}

impl Progress for Bars {
    fn stage(&self, stage: Stage) {
        self.finish();
        if self.visible {
            let bar = match stage.total {
                Some(total) => ProgressBar::new(total).with_style(style(BAR)),
                None => ProgressBar::no_length().with_style(style(COUNTER)),
            };
            bar.set_prefix(format!("{}/{} {:<9}", stage.number, stage.of, stage.name));
            bar.set_message(stage.unit);
            bar.enable_steady_tick(Duration::from_millis(200));
            self.replace(Some(bar));
        }
    }

    fn advance(&self, units: u64) {
        if let Some(bar) = &*self.bar.lock().unwrap_or_else(PoisonError::into_inner) {
            bar.inc(units);
        }
    }

    fn note(&self, line: &str) {
        if self.visible {
            self.say(format!(" {line}"));
        }
    }

    fn warn(&self, warning: Warning) {
        const YELLOW: anstyle::Style = anstyle::AnsiColor::Yellow.on_default().bold();
        self.say(format!("{YELLOW}warning:{YELLOW:#} {warning}"));
    }

    fn should_stop(&self) -> bool {
        self.stop.is_asked()
    }
}

const BAR: &str = " {prefix} {bar:24} {percent:>3}%  {human_pos} {msg}  {rate}/s  ETA {eta}";
const COUNTER: &str = " {prefix} {human_pos} {msg}  {rate}/s";

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template);
    let rate = |state: &ProgressState, out: &mut dyn Write| {
        // A bar that cannot be drawn is no reason to fail.
        let _ = out.write_str(&rate(state.per_sec()));
    };
    style
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸ ")
        .with_key("rate", rate)
}

/// Whether the user asked to stop, and whether anyone listens.
#[derive(Clone, Default)]
pub(super) struct StopFlag(Arc<AtomicU8>);

const NOBODY_LISTENS: u8 = 0;
const LISTENING: u8 = 1;
const ASKED: u8 = 2;

impl StopFlag {
    /// Asks the work to stop; false if nobody listens, or it was asked before.
    pub(super) fn ask(&self) -> bool {
        self.turn(LISTENING, ASKED)
    }

    /// Work that looks at the flag listens from its first look on.
    fn is_asked(&self) -> bool {
        self.turn(NOBODY_LISTENS, LISTENING);
        self.0.load(Ordering::SeqCst) == ASKED
    }

    fn turn(&self, from: u8, to: u8) -> bool {
        let turned = self
            .0
            .compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst);
        turned.is_ok()
    }
}
