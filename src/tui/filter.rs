//! The filter language of the list: words that all have to fit, `!word`, `field:value`, `seen<7d`.
//!
//! Case and accents do not count. Must not do: fail. What can't be read as a condition is a word.

use jiff::{SignedDuration, Timestamp};
use unicode_normalization::UnicodeNormalization as _;

use crate::domain::Untrusted;
use crate::engine::{Cause, Finding, Reconciliation};

/// What a list is to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Only this cause.
    pub cause: Option<Cause>,
    /// The filter as it was typed.
    pub filter: String,
    /// Grouped by this column.
    pub group: Option<Column>,
    /// The time from which ages count.
    pub now: Timestamp,
}

/// What a list can be grouped by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// The model.
    Model,
    /// The firmware.
    Firmware,
    /// Another column of a source, by its name.
    Extra(String),
}

/// One line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A group, and how many findings it has.
    Group(String, u32),
    /// A finding, by its place in the run.
    Finding(u32),
}

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    not: bool,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    /// Anywhere in the record.
    Word(String),
    /// In one field.
    Field(Field, String),
    /// Seen by the ACS less, or more, than so long ago.
    Seen { less: bool, age: SignedDuration },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Serial,
    Mac,
    Login,
    Model,
    Firmware,
    Cause,
    Strength,
    State,
    Fix,
    Tag,
}

const FIELDS: [(&str, Field); 10] = [
    ("serial", Field::Serial),
    ("mac", Field::Mac),
    ("login", Field::Login),
    ("model", Field::Model),
    ("firmware", Field::Firmware),
    ("cause", Field::Cause),
    ("strength", Field::Strength),
    ("state", Field::State),
    ("fix", Field::Fix),
    ("tag", Field::Tag),
];

/// The lines that fit, in the order of the run; grouped ones by the size of their groups.
#[must_use]
pub fn lines(answer: &Reconciliation, wanted: &Wanted) -> Vec<Line> {
    let terms = terms(&wanted.filter);
    let of_cause = |f: &Finding| wanted.cause.is_none_or(|cause| f.cause == cause);
    let fits = |f: &Finding| of_cause(f) && terms.iter().all(|t| t.fits(f, wanted.now));
    let places = answer.findings.iter().enumerate().filter(|(_, f)| fits(f));
    let places = places.filter_map(|(place, f)| Some((u32::try_from(place).ok()?, f)));
    let Some(column) = &wanted.group else {
        return places.map(|(place, _)| Line::Finding(place)).collect();
    };
    grouped(answer, places, column)
}

fn grouped<'a>(
    answer: &Reconciliation,
    places: impl Iterator<Item = (u32, &'a Finding)>,
    column: &Column,
) -> Vec<Line> {
    let mut groups: Vec<(String, Vec<u32>)> = Vec::new();
    let mut known = std::collections::HashMap::new();
    for (place, finding) in places {
        let value = value(answer, finding, column).unwrap_or_else(|| "-".to_owned());
        let at = *known.entry(value.clone()).or_insert_with(|| {
            groups.push((value, Vec::new()));
            groups.len() - 1
        });
        groups[at].1.push(place);
    }
    groups.sort_by(|a, b| (b.1.len(), &a.0).cmp(&(a.1.len(), &b.0)));
    let lines = groups.into_iter().flat_map(|(name, places)| {
        let count = u32::try_from(places.len()).unwrap_or(u32::MAX);
        std::iter::once(Line::Group(name, count)).chain(places.into_iter().map(Line::Finding))
    });
    lines.collect()
}

/// A finding's value of a column, safe to show.
fn value(answer: &Reconciliation, finding: &Finding, column: &Column) -> Option<String> {
    let (acs, provider) = (finding.acs.first(), finding.provider.first());
    let shown = |value: Option<&Untrusted>| value.map(ToString::to_string);
    match column {
        Column::Model => shown(acs.and_then(|a| a.model.as_ref()))
            .or_else(|| shown(provider.and_then(|p| p.model.as_ref()))),
        Column::Firmware => shown(acs.and_then(|a| a.firmware.as_ref())),
        Column::Extra(name) => {
            let at = |columns: &[Box<str>]| columns.iter().position(|c| **c == **name);
            let of_acs = at(&answer.acs.extra_columns)
                .and_then(|at| acs?.extra.iter().find(|(column, _)| usize::from(*column) == at))
                .map(|(_, value)| value.to_string());
            of_acs.or_else(|| {
                let at = at(&answer.provider.extra_columns)?;
                let extra = &provider?.extra;
                let found = extra.iter().find(|(column, _)| usize::from(*column) == at)?;
                Some(found.1.to_string())
            })
        }
    }
}

fn terms(filter: &str) -> Vec<Term> {
    filter.split_whitespace().map(term).collect()
}

fn term(text: &str) -> Term {
    let (not, text) = match text.strip_prefix('!') {
        Some(rest) if !rest.is_empty() => (true, rest),
        _ => (false, text),
    };
    Term { not, test: test(text) }
}

fn test(text: &str) -> Test {
    for (sign, less) in [("seen<", true), ("seen>", false)] {
        if let Some(age) = text.strip_prefix(sign).and_then(age) {
            return Test::Seen { less, age };
        }
    }
    if let Some((name, value)) = text.split_once(':')
        && let Some((_, field)) = FIELDS.iter().find(|(known, _)| *known == name)
    {
        return Test::Field(*field, folded(value));
    }
    Test::Word(folded(text))
}

/// `7d`, `12h`, `30m`.
fn age(text: &str) -> Option<SignedDuration> {
    let unit = text.chars().next_back()?;
    let count: i64 = text[..text.len() - unit.len_utf8()].parse().ok()?;
    match unit {
        'd' => Some(SignedDuration::from_hours(count.checked_mul(24)?)),
        'h' => Some(SignedDuration::from_hours(count)),
        'm' => Some(SignedDuration::from_mins(count)),
        _ => None,
    }
}

/// Without case and accents.
#[must_use]
pub fn folded(text: &str) -> String {
    let bare = text.nfd().filter(|c| !unicode_normalization::char::is_combining_mark(*c));
    bare.flat_map(char::to_lowercase).collect()
}

impl Term {
    fn fits(&self, finding: &Finding, now: Timestamp) -> bool {
        self.test.fits(finding, now) != self.not
    }
}

impl Test {
    fn fits(&self, finding: &Finding, now: Timestamp) -> bool {
        match self {
            Self::Word(word) => FIELDS.iter().any(|(_, field)| field.holds(finding, word)),
            Self::Field(field, value) => field.holds(finding, value),
            Self::Seen { less, age } => {
                let seen = finding.acs.iter().filter_map(|a| a.last_inform).max();
                seen.is_some_and(|at| (now.duration_since(at) < *age) == *less)
            }
        }
    }
}

impl Field {
    fn holds(self, finding: &Finding, wanted: &str) -> bool {
        let holds = |value: Option<&Untrusted>| value.is_some_and(|v| has(v.raw(), wanted));
        let (acs, provider) = (&finding.acs, &finding.provider);
        match self {
            Self::Serial => {
                acs.iter().any(|a| holds(a.serial.as_ref()) || holds(Some(&a.id)))
                    || provider.iter().any(|p| holds(p.serial.as_ref()))
            }
            Self::Mac => {
                let macs = acs.iter().flat_map(|a| &a.macs);
                let mut all = macs.chain(provider.iter().filter_map(|p| p.mac.as_ref()));
                all.any(|mac| holds(Some(mac)))
            }
            Self::Login => {
                acs.iter().any(|a| holds(a.pppoe_login.as_ref()))
                    || provider.iter().any(|p| holds(p.login.as_ref()))
            }
            Self::Model => {
                acs.iter().any(|a| holds(a.model.as_ref()))
                    || provider.iter().any(|p| holds(p.model.as_ref()))
            }
            Self::Firmware => acs.iter().any(|a| holds(a.firmware.as_ref())),
            Self::Tag => acs.iter().flat_map(|a| &a.tags).any(|tag| holds(Some(tag))),
            Self::Cause => finding.cause.wire().contains(wanted),
            Self::Strength => finding.strength.wire().starts_with(wanted),
            Self::State => finding.state.wire().starts_with(wanted),
            Self::Fix => finding.fixes.iter().any(|fix| fix.wire().contains(wanted)),
        }
    }
}

/// Is it in there, whatever its case and accents? ASCII is compared without a copy.
fn has(value: &str, wanted: &str) -> bool {
    if value.is_ascii() {
        let (value, wanted) = (value.as_bytes(), wanted.as_bytes());
        return wanted.is_empty()
            || value.windows(wanted.len()).any(|part| part.eq_ignore_ascii_case(wanted));
    }
    folded(value).contains(wanted)
}
