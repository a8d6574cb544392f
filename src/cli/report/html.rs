//! Here are words and figures; make them HTML.

use std::fmt::Write;

/// Text that cannot be taken for HTML.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push('↵'),
            '\t' => out.push('⇥'),
            control if control.is_control() => out.push('\u{FFFD}'),
            other => out.push(other),
        }
    }
    out
}

/// The class of a voice's colour; after the fifth they are all the last's.
pub(super) fn hue(voice: usize) -> usize {
    voice.min(4)
}

/// A table with a caption, the heads of its columns, and rows that begin with a head of their own.
/// All cells are HTML.
pub(super) fn table(caption: &str, heads: &[String], rows: &[Vec<String>]) -> String {
    let mut out = format!("<div class=\"wide\"><table><caption>{caption}</caption><thead><tr>");
    for head in heads {
        let _ = write!(out, "<th scope=\"col\">{head}</th>");
    }
    out.push_str("</tr></thead><tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        for (at, cell) in row.iter().enumerate() {
            let _ = match at {
                0 => write!(out, "<th scope=\"row\">{cell}</th>"),
                _ => write!(out, "<td>{cell}</td>"),
            };
        }
        out.push_str("</tr>\n");
    }
    out + "</tbody></table></div>\n"
}

/// A bar of a voice, `share` from 0 to 1 of the room; what it shows stands beside it as a number.
pub(super) fn bar(share: f64, voice: usize) -> String {
    let width = 100.0 * share.clamp(0.0, 1.0);
    format!(
        "<svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <rect class=\"back\" width=\"100\" height=\"8\"/>\
         <rect class=\"f{}\" width=\"{width:.1}\" height=\"8\"/></svg>",
        hue(voice)
    )
}

/// A voice's name in its colour.
pub(super) fn voice(name: &str, number: usize) -> String {
    format!(
        "<span class=\"voice c{}\">{}</span>",
        hue(number),
        escaped(name)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_never_taken_for_html() {
        assert_eq!(
            escaped("<a href=\"x\">&\n"),
            "&lt;a href=&quot;x&quot;&gt;&amp;↵"
        );
        assert!(!table("c", &[escaped("<b>")], &[vec![escaped("</s>")]]).contains("</s>"));
    }
}
