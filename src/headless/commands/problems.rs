//! Lines and values that could not be read, one a line on stderr, whatever the report's form.
//!
//! Must not do: show a line's text or a value; they may hold a customer's data.

use crate::app::Finished;
use crate::domain::Problem;
use crate::domain::text::{SHOWN_CHARS_MAX, visible};
use crate::headless::console::Console;

/// Tells every problem that is listed, and how many more there were.
pub fn tell(console: &Console, finished: &Finished) {
    for line in lines(finished) {
        console.say(&line);
    }
}

fn lines(finished: &Finished) -> Vec<String> {
    let (acs, provider) = (finished.collected.acs.meta(), finished.collected.provider.meta());
    let events = &finished.events;
    let mut lines = Vec::new();
    for (name, bad, bad_count, unparsed, unparsed_count) in [
        ("the ACS's list", &acs.bad, acs.bad_count, &acs.unparsed, acs.unparsed_count),
        (
            "the Provider's list",
            &provider.bad,
            provider.bad_count,
            &provider.unparsed,
            provider.unparsed_count,
        ),
        ("the events", &events.bad, events.bad_count, &events.unparsed, events.unparsed_count),
    ] {
        let what = format!("{name} could not be read whole (exit code 6); wrong in it");
        listed(&what, bad, bad_count, &mut lines);
        if bad_count > 0 {
            lines
                .push("  what it lacks proves nothing: correct what is named, or run again".into());
        }
        let what = format!("values of {name} that could not be read");
        listed(&what, unparsed, unparsed_count, &mut lines);
    }
    lines
}

fn listed(what: &str, problems: &[Problem], count: u64, lines: &mut Vec<String>) {
    if count == 0 {
        return;
    }
    lines.push(format!("warning: {what}: {count}"));
    lines.extend(problems.iter().map(|p| format!("  {}", shown(p))));
    let more = count.saturating_sub(problems.len() as u64);
    if more > 0 {
        lines.push(format!("  and {more} more"));
    }
}

/// Visible escapes without the cap on a device's value: a path may be longer.
fn shown(problem: &Problem) -> String {
    let text = format!("{}: {}", problem.place, problem.what);
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(SHOWN_CHARS_MAX).map(|part| visible(&part.iter().collect::<String>())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_problem_has_its_line_and_the_rest_a_number() {
        let problem = |line: u32| Problem {
            place: format!("acs.csv, line {line}, column 1"),
            what: "an open quote\u{1b}".to_owned(),
            value: None,
        };
        let problems: Vec<Problem> = (1..=3).map(problem).collect();
        let mut said = Vec::new();
        listed("bad lines", &problems, 5, &mut said);
        assert_eq!(said.len(), 5);
        assert_eq!(said[0], "warning: bad lines: 5");
        assert_eq!(said[2], "  acs.csv, line 2, column 1: an open quote\\x1b");
        assert_eq!(said[4], "  and 2 more");
        listed("bad lines", &[], 0, &mut said);
        assert_eq!(said.len(), 5);
    }
}
