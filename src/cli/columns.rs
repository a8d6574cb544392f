//! Here are figures; line them up for a reader.

use std::time::Duration;

use unicode_width::UnicodeWidthStr;

/// Which side of a column its entries keep to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// Rows of text, to be shown in columns.
pub(super) struct Columns {
    sides: Vec<Side>,
    rows: Vec<Vec<String>>,
}

impl Columns {
    pub(super) fn new(sides: &[Side]) -> Self {
        Columns {
            sides: sides.to_vec(),
            rows: Vec::new(),
        }
    }

    pub(super) fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }
}

impl std::fmt::Display for Columns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut widths = vec![0; self.sides.len()];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        for row in &self.rows {
            let mut line = String::new();
            for ((cell, &width), side) in row.iter().zip(&widths).zip(&self.sides) {
                let blanks = " ".repeat(width - cell.width());
                line.push(' ');
                match side {
                    Side::Left => line.extend([cell.as_str(), &blanks]),
                    Side::Right => line.extend([&blanks, cell.as_str()]),
                }
                line.push(' ');
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// A bar of at most `width` characters, in eighths of one; `share` is from 0 to 1.
pub(super) fn bar(share: f64, width: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * width as f64 * 8.0).round() as usize;
    let mut bar = "█".repeat(eighths / 8);
    bar.push_str(EIGHTHS[eighths % 8]);
    bar
}

/// 412903 → "412,903".
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count of which only the first two digits are known.
pub(super) fn rounded(number: u64) -> String {
    let unknown = 10u64.pow(number.checked_ilog10().unwrap_or(0).saturating_sub(1));
    count(number.div_ceil(unknown) * unknown)
}

/// 3145728 → "3.1 MB".
pub(super) fn bytes(number: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"];
    let mut value = number as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    match unit {
        0 => format!("{number} B"),
        _ => format!("{} {}", figure(value), units[unit]),
    }
}

/// "0.9 s", "72 s".
pub(super) fn seconds(time: Duration) -> String {
    match time.as_secs_f64() {
        short if short < 9.95 => format!("{short:.1} s"),
        long => format!("{long:.0} s"),
    }
}

/// 1412345.0 → "1.4M".
pub(super) fn rate(per_second: f64) -> String {
    match per_second {
        r if r >= 999_500.0 => format!("{}M", figure(r / 1e6)),
        r if r >= 999.5 => format!("{}k", figure(r / 1e3)),
        r => figure(r),
    }
}

/// A number with about two digits that matter: "4.3", "43", "1,234".
pub(super) fn figure(value: f64) -> String {
    match value {
        v if !v.is_finite() => "∞".into(),
        v if v < 9.95 => format!("{v:.1}"),
        v if v < 1e15 => count(v.round() as u64),
        v => format!("{v:.1e}"),
    }
}

/// A perplexity or a figure in bits, to the second decimal.
pub(super) fn perplexity(value: f64) -> String {
    match value {
        v if v.is_nan() => "n/a".into(),
        v if !v.is_finite() => "∞".into(),
        v if v < 9_999.995 => format!("{v:.2}"),
        v => figure(v),
    }
}

/// 0.613 → "61.3%".
pub(super) fn percent(share: f64) -> String {
    format!("{:.1}%", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        assert_eq!(count(412_903), "412,903");
        assert_eq!(count(12), "12");
        assert_eq!(bytes(3_145_728), "3.1 MB");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(rate(1_412_345.0), "1.4M");
        assert_eq!(rate(85_000.0), "85k");
        assert_eq!(figure(4.34), "4.3");
        assert_eq!(figure(1234.4), "1,234");
        assert_eq!(percent(0.613), "61.3%");
        assert_eq!(perplexity(f64::INFINITY), "∞");
    }

    #[test]
    fn bars_fill_in_eighths() {
        assert_eq!(bar(1.0, 3), "███");
        assert_eq!(bar(0.5, 3), "█▌");
        assert_eq!(bar(0.0, 3), "");
    }

    #[test]
    fn columns_line_up_whatever_the_script() {
        let mut columns = Columns::new(&[Side::Left, Side::Right]);
        columns.row(["ab", "1"]);
        columns.row(["日本", "10"]);
        assert_eq!(columns.to_string(), " ab     1\n 日本  10\n");
    }
}
