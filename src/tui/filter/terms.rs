//! The conditions of a filter: words that all have to fit, `!word`, `field:value`, `seen<7d`,
//! `~fuzzy`.
//!
//! Must not do: fail. What can't be read as a condition is a word.

use fuzzy_matcher::FuzzyMatcher as _;
use fuzzy_matcher::skim::SkimMatcherV2;
use jiff::{SignedDuration, Timestamp};
use memchr::memmem::Finder;

use crate::domain::personal::{is_personal, shown_extra};
use crate::engine::{Finding, Reconciliation};
use crate::tui::filter::column::extra;
use crate::tui::filter::fields::{Field, has, without_separators};
use crate::tui::filter::folded;
use crate::tui::filter::index::Haystacks;

/// A condition, or its opposite.
pub(super) struct Term {
    not: bool,
    test: Test,
}

enum Test {
    /// Anywhere in the record.
    Word(Word),
    /// In one field.
    Field(Field, Word),
    /// In a further column of the sources.
    Extra(Vec<Place>, Word),
    /// Seen by the ACS less, or more, than so long ago.
    Seen { less: bool, age: SignedDuration },
    /// These letters in this order, in the serial or the login.
    Fuzzy(Box<Fuzzy>),
}

/// A text that is looked for, without case and accents.
struct Word {
    text: String,
    finder: Finder<'static>,
    /// The same without separators: serials and MACs are written in many ways.
    bare: Option<Finder<'static>>,
}

/// A further column: of the ACS or not, where, and its name.
struct Place {
    of_acs: bool,
    at: usize,
    name: Box<str>,
}

struct Fuzzy {
    letters: String,
    matcher: SkimMatcherV2,
}

/// Reads a filter.
pub(super) fn read(filter: &str, answer: &Reconciliation) -> Vec<Term> {
    filter.split_whitespace().map(|text| term(text, answer)).collect()
}

fn term(text: &str, answer: &Reconciliation) -> Term {
    let (not, text) = match text.strip_prefix('!') {
        Some(rest) if !rest.is_empty() => (true, rest),
        _ => (false, text),
    };
    Term { not, test: test(text, answer) }
}

fn test(text: &str, answer: &Reconciliation) -> Test {
    for (sign, less) in [("seen<", true), ("seen>", false)] {
        if let Some(age) = text.strip_prefix(sign).and_then(age) {
            return Test::Seen { less, age };
        }
    }
    if let Some(letters) = text.strip_prefix('~').filter(|letters| !letters.is_empty()) {
        let matcher = SkimMatcherV2::default().respect_case();
        return Test::Fuzzy(Box::new(Fuzzy { letters: folded(letters), matcher }));
    }
    if let Some((name, value)) = text.split_once(':').filter(|(_, value)| !value.is_empty()) {
        let name = folded(name);
        if let Some(field) = Field::from_name(&name) {
            return Test::Field(field, Word::new(value));
        }
        let places = places(&name, answer);
        if !places.is_empty() {
            return Test::Extra(places, Word::new(value));
        }
    }
    Test::Word(Word::new(text))
}

/// The further columns of a name; a space in it is written `_`.
fn places(name: &str, answer: &Reconciliation) -> Vec<Place> {
    let is_named = |column: &str| {
        let column = folded(column).replace(' ', "_");
        column == name || (name == "olt" && column.split('_').any(|word| word == "olt"))
    };
    let of = |of_acs: bool, columns: &[Box<str>]| -> Vec<Place> {
        let columns = columns.iter().enumerate();
        let named = columns.filter(|(_, c)| is_named(c) && !is_personal(c));
        named.map(|(at, name)| Place { of_acs, at, name: name.clone() }).collect()
    };
    let mut places = of(true, &answer.acs.extra_columns);
    places.extend(of(false, &answer.provider.extra_columns));
    places
}

/// `2w`, `7d`, `12h`, `30m`.
fn age(text: &str) -> Option<SignedDuration> {
    let unit = text.chars().next_back()?;
    let count: i64 = text[..text.len() - unit.len_utf8()].parse().ok()?;
    let minutes = match unit {
        'w' => 7 * 24 * 60,
        'd' => 24 * 60,
        'h' => 60,
        'm' => 1,
        _ => return None,
    };
    Some(SignedDuration::from_secs(count.checked_mul(minutes)?.checked_mul(60)?))
}

impl Word {
    fn new(text: &str) -> Self {
        let text = folded(text);
        let finder = |text: &str| Finder::new(text.as_bytes()).into_owned();
        let bare = without_separators(&text);
        Self { finder: finder(&text), bare: bare.as_deref().map(finder), text }
    }

    fn is_in(&self, words: &str) -> bool {
        let words = words.as_bytes();
        self.finder.find(words).is_some()
            || self.bare.as_ref().is_some_and(|bare| bare.find(words).is_some())
    }
}

impl Term {
    /// Does it look through the words of a finding?
    pub(super) fn needs_words(&self) -> bool {
        match &self.test {
            Test::Word(_) | Test::Fuzzy(_) | Test::Extra(..) => true,
            Test::Field(field, _) => field.is_in_words(),
            Test::Seen { .. } => false,
        }
    }

    /// How long the text is by which it can be looked for in all findings at once.
    pub(super) fn needle(&self) -> Option<usize> {
        self.word().map(|word| word.text.len())
    }

    fn word(&self) -> Option<&Word> {
        match &self.test {
            Test::Field(field, word) if field.is_in_words() => Some(word),
            Test::Word(word) | Test::Extra(_, word) => Some(word),
            Test::Field(..) | Test::Seen { .. } | Test::Fuzzy(_) => None,
        }
        .filter(|_| !self.not)
    }

    /// The findings that may fit: all that do are among them.
    pub(super) fn scan(&self, words: &Haystacks) -> Vec<u32> {
        let Some(word) = self.word() else { return Vec::new() };
        let mut found = words.scan(&word.finder);
        if let Some(bare) = &word.bare {
            found.extend(words.scan(bare));
            found.sort_unstable();
            found.dedup();
        }
        found
    }

    pub(super) fn fits(
        &self,
        finding: &Finding,
        (place, words): (u32, Option<&Haystacks>),
        now: Timestamp,
    ) -> bool {
        let fits = match &self.test {
            Test::Word(word) => words.is_some_and(|words| word.is_in(words.row(place))),
            Test::Field(field, word) => match (field.section(), words) {
                (Some(section), Some(words)) => word.is_in(words.section(place, section)),
                (Some(_), None) | (None, _) => field.holds(finding, &word.text),
            },
            Test::Extra(places, word) => places.iter().any(|at| at.holds(finding, &word.text)),
            Test::Seen { less, age } => {
                let seen = finding.acs.iter().filter_map(|a| a.last_inform).max();
                seen.is_some_and(|at| (now.duration_since(at) < *age) == *less)
            }
            Test::Fuzzy(fuzzy) => words.is_some_and(|words| fuzzy.fits(words.key(place))),
        };
        fits != self.not
    }

    /// Does it say which of the findings fit better?
    pub(super) fn ranks(&self) -> bool {
        !self.not && matches!(&self.test, Test::Fuzzy(fuzzy) if fuzzy.letters.len() > 1)
    }

    /// How well it fits.
    pub(super) fn score(&self, key: &str) -> Option<i64> {
        match &self.test {
            Test::Fuzzy(fuzzy) if self.ranks() => fuzzy.score(key),
            Test::Fuzzy(_)
            | Test::Word(_)
            | Test::Field(..)
            | Test::Extra(..)
            | Test::Seen { .. } => None,
        }
    }
}

impl Place {
    fn holds(&self, finding: &Finding, wanted: &str) -> bool {
        let holds = |value: Option<&crate::domain::Untrusted>| {
            value.is_some_and(|value| has(&shown_extra(&self.name, value.raw()), wanted))
        };
        if self.of_acs {
            return finding.acs.iter().any(|a| holds(extra(&a.extra, self.at)));
        }
        finding.provider.iter().any(|p| holds(extra(&p.extra, self.at)))
    }
}

impl Fuzzy {
    /// The letters are there in their order: far cheaper than a score.
    fn fits(&self, key: &str) -> bool {
        key.split('\n').any(|part| in_order(part.as_bytes(), self.letters.as_bytes()))
    }

    fn score(&self, key: &str) -> Option<i64> {
        let parts = key.split('\n');
        let fitting = parts.filter(|part| in_order(part.as_bytes(), self.letters.as_bytes()));
        fitting.filter_map(|part| self.matcher.fuzzy_match(part, &self.letters)).max()
    }
}

fn in_order(text: &[u8], letters: &[u8]) -> bool {
    let mut rest = letters;
    for byte in text {
        match rest.split_first() {
            Some((first, after)) if first == byte => rest = after,
            Some(_) => {}
            None => return true,
        }
    }
    rest.is_empty()
}
