use std::fmt::Write as _;

use songwright_music::TimedLine;

/// Timed lyrics as an LRC file, which most players show line by line.
pub(super) fn lrc(title: &str, artist: &str, duration_s: f64, lines: &[TimedLine]) -> String {
    let length = duration_s.max(0.0).round() as u64;
    let mut out = String::new();
    let mut add = |line: std::fmt::Arguments<'_>| {
        // Writing to a String cannot fail.
        let _ = out.write_fmt(line);
        out.push('\n');
    };
    add(format_args!("[ti:{}]", one_line(title)));
    add(format_args!("[ar:{}]", one_line(artist)));
    add(format_args!("[length:{}:{:02}]", length / 60, length % 60));
    for line in lines {
        let hundredths = (line.start_s.max(0.0) * 100.0).round() as u64;
        let (minutes, rest) = (hundredths / 6_000, hundredths % 6_000);
        add(format_args!(
            "[{minutes:02}:{:02}.{:02}]{}",
            rest / 100,
            rest % 100,
            one_line(&line.text)
        ));
    }
    out
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_minutes_seconds_and_hundredths() {
        let line = |start_s, text: &str| TimedLine {
            start_s,
            end_s: start_s + 1.0,
            text: text.to_owned(),
            section: "verse".to_owned(),
        };
        let lines = [
            line(0.0, "one"),
            line(59.996, "two\nrows"),
            line(605.25, "三"),
        ];
        assert_eq!(
            lrc("Night\nFerry", "Songwright", 611.6, &lines),
            "[ti:Night Ferry]\n[ar:Songwright]\n[length:10:12]\n[00:00.00]one\n\
             [01:00.00]two rows\n[10:05.25]三\n"
        );
    }
}
