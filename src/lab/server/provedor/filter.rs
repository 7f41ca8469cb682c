//! One condition of a list: column, operator, value, compared as the database would.
//!
//! Must not do: read rows.

use std::cmp::Ordering;

use crate::domain::search::folded;
use crate::lab::world::{Row, cell};

/// What a condition asks of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Test {
    Order(&'static [Ordering]),
    Contains(bool),
    AnyOf(bool),
    Between(bool),
}

/// One condition.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub column: &'static str,
    test: Test,
    value: String,
    several: Vec<String>,
}

impl Condition {
    /// A condition; `None` where the operator is unknown, or a list has one value only: the web
    /// service answers both with a page of HTML.
    pub fn new(column: &'static str, oper: &str, value: &str) -> Option<Self> {
        use Ordering::{Equal, Greater, Less};
        let test = match oper {
            "=" => Test::Order(&[Equal]),
            "!=" => Test::Order(&[Less, Greater]),
            ">" => Test::Order(&[Greater]),
            "<" => Test::Order(&[Less]),
            ">=" => Test::Order(&[Greater, Equal]),
            "<=" => Test::Order(&[Less, Equal]),
            "L" => Test::Contains(true),
            "NL" => Test::Contains(false),
            "IN" => Test::AnyOf(true),
            "NI" => Test::AnyOf(false),
            "BE" => Test::Between(true),
            "NBE" => Test::Between(false),
            _ => return None,
        };
        let several: Vec<String> = value.split(',').map(|v| v.trim().to_owned()).collect();
        let wanted = match test {
            Test::AnyOf(_) => several.len() > 1,
            Test::Between(_) => several.len() == 2,
            Test::Order(_) | Test::Contains(_) => true,
        };
        wanted.then(|| Self { column, test, value: value.to_lowercase(), several })
    }

    /// Does a row fit?
    pub fn fits(&self, row: &Row) -> bool {
        let held = cell(row, self.column);
        match self.test {
            Test::Order(wanted) => wanted.contains(&compared(held, &self.value)),
            // The database's collation knows neither case nor accents.
            Test::Contains(yes) => folded(held).contains(&folded(&self.value)) == yes,
            Test::AnyOf(yes) => {
                self.several.iter().any(|v| compared(held, v) == Ordering::Equal) == yes
            }
            Test::Between(yes) => {
                let is_in = compared(held, &self.several[0]).is_ge()
                    && compared(held, &self.several[1]).is_le();
                is_in == yes
            }
        }
    }

    /// `id > N` on its own is how pages are read by key: the rows after N are found at once.
    pub fn after_id(&self) -> Option<u64> {
        let is_after = self.column == "id" && self.test == Test::Order(&[Ordering::Greater]);
        is_after.then(|| self.value.trim().parse().ok()).flatten()
    }
}

/// As the database compares: numbers by value, else text without regard to case.
pub(super) fn compared(a: &str, b: &str) -> Ordering {
    if let (Ok(a), Ok(b)) = (a.parse::<i64>(), b.parse::<i64>()) {
        return a.cmp(&b);
    }
    a.to_lowercase().cmp(&b.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators() {
        let row = Row::from([("id", "10".to_owned()), ("login", "Ana.10".to_owned())]);
        for (column, oper, value, fits) in [
            ("id", "=", "10", true),
            ("id", ">", "9", true),
            ("id", ">", "10", false),
            ("id", ">=", "10", true),
            ("id", "<", "9", false),
            ("id", "<=", "10", true),
            ("id", "!=", "9", true),
            ("login", "=", "ana.10", true),
            ("login", "L", "NA.", true),
            ("login", "NL", "na.", false),
            ("id", "IN", "1,10", true),
            ("id", "NI", "1,10", false),
            ("id", "BE", "9,11", true),
            ("id", "NBE", "9,11", false),
        ] {
            let condition = Condition::new(column, oper, value).unwrap();
            assert_eq!(condition.fits(&row), fits, "{column} {oper} {value}");
        }
        for (oper, value) in [("IN", "10"), ("LIKE", "a"), ("", "a"), ("BE", "1")] {
            assert!(Condition::new("id", oper, value).is_none(), "{oper}");
        }
    }
}
