//! Customers, by what a caller tells of themselves: document, phone, name.
//!
//! Must not do: put what was typed into an error.

use crate::domain::search::{LAST_DIGITS, folded};
use crate::domain::subscriber::{CustomerName, Document, Phone};
use crate::domain::{MatchedOn, ProviderRecord, Untrusted};
use crate::ports::FetchError;
use crate::provider::ixc::envelope::Fault;
use crate::provider::ixc::gate::And;
use crate::provider::ixc::join::PHONES;
use crate::provider::ixc::rows::Row;
use crate::provider::ixc::search::values::{is_safe, spellings};
use crate::provider::ixc::search::{Searching, is_closed};
use crate::provider::ixc::tables::Table;

/// Customers whose devices are looked at; more is no answer to a call.
const CUSTOMERS_MAX: usize = 100;

/// A question about customers.
struct Asked {
    column: &'static str,
    oper: &'static str,
    value: String,
    and: Option<And>,
    /// By what it is asked for where too many match.
    longer: Vec<String>,
}

impl Asked {
    fn new(column: &'static str, oper: &'static str, value: impl Into<String>) -> Self {
        Self { column, oper, value: value.into(), and: None, longer: Vec::new() }
    }
}

impl Searching<'_> {
    /// Customers by document, phone and name.
    pub(super) fn by_person(&mut self) -> Result<(), FetchError> {
        let mut found = Vec::new();
        for asked in self.person_columns() {
            match self.customers(asked) {
                Ok(rows) => found.extend(rows),
                Err(fault) if is_closed(&fault) => {
                    let people = [MatchedOn::Document, MatchedOn::Phone, MatchedOn::Name];
                    self.not_asked.extend(people);
                    break;
                }
                Err(fault) => return Err(fault.error),
            }
        }
        // Whom the query names alone comes first: the rest may match by a device of theirs.
        found.sort_by_key(|(whole, id)| (!whole, *id));
        found.dedup_by_key(|(_, id)| *id);
        for (_, id) in found {
            if !self.customers.contains(&id) {
                self.customers.push(id);
            }
        }
        if self.customers.len() > CUSTOMERS_MAX {
            self.more = true;
            self.customers.truncate(CUSTOMERS_MAX);
        }
        let customers = self.customers.iter().copied().collect();
        let rows = self.of_ids(Table::Logins, "id_cliente", &customers)?;
        self.logins.extend(rows.iter().map(|row| row.id));
        Ok(())
    }

    /// What customers are asked for by.
    fn person_columns(&self) -> Vec<Asked> {
        let query = self.query;
        let mut asked = Vec::new();
        for document in query.document().into_iter().flat_map(spellings) {
            asked.push(Asked::new("cnpj_cpf", "=", document));
        }
        if let Some(last) = query.last() {
            // Within a document the last two digits stand apart.
            for end in [last.to_owned(), format!("{}-{}", &last[..2], &last[2..])] {
                asked.push(Asked::new("cnpj_cpf", "L", end));
            }
        }
        let line = query.phone().map(|phone| phone.line.as_str());
        let end = line.and_then(|line| line.get(line.len() - LAST_DIGITS..)).or(query.last());
        if let Some(end) = end {
            let longer =
                line.map(|line| [format!("{}-{end}", &line[..LAST_DIGITS]), line.to_owned()]);
            let longer = longer.map(Vec::from).unwrap_or_default();
            let of = |column| Asked { longer: longer.clone(), ..Asked::new(column, "L", end) };
            asked.extend(PHONES.map(of));
        }
        let mut words: Vec<&String> = query.words().iter().filter(|w| is_safe(w)).collect();
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let Some(first) = words.first().filter(|w| w.chars().any(char::is_alphabetic)) else {
            return asked;
        };
        let typed = query.raw().split_whitespace().find(|word| folded(word) == **first);
        for column in ["razao", "fantasia"] {
            let and = words.get(1).map(|word| And::contains(column, word));
            asked.push(Asked { and, ..Asked::new(column, "L", first.as_str()) });
            // A database that tells accents apart has to be asked for them.
            if let Some(typed) = typed.filter(|word| !query.raw().is_ascii() && is_safe(word)) {
                asked.push(Asked::new(column, "L", typed));
            }
        }
        asked
    }

    /// Customers of one question, and whether their own columns match all of the query.
    fn customers(&mut self, asked: Asked) -> Result<Vec<(bool, u64)>, Fault> {
        let columns = self.adapter.fields.wanted(Table::Customers);
        let Asked { column, oper, value, and, longer } = asked;
        let mut rows = self.list(Table::Customers, column, (oper, value), and, &columns)?;
        if rows.1 {
            // Too many end so: each spelling by itself.
            for value in longer {
                let more = self.list(Table::Customers, column, ("L", value), None, &columns)?;
                rows.0.extend(more.0);
            }
        }
        let judged =
            rows.0.iter().filter_map(|row| self.is_whole(row, &columns).map(|w| (w, row.id)));
        Ok(judged.collect())
    }

    /// Does a customer match all of the query? `None`: it is another's number.
    fn is_whole(&self, row: &Row, columns: &[String]) -> Option<bool> {
        let whole = self.query.matches_record(&person(row, columns)).is_some();
        let has_words = self.query.words().iter().any(|w| w.chars().any(char::is_alphabetic));
        (whole || has_words).then_some(whole)
    }
}

/// A customer as a record without a device: what of the query is about the person.
fn person(row: &Row, columns: &[String]) -> ProviderRecord {
    let text = |column: &str| row.get(columns, column).cloned();
    let phones: Vec<String> =
        PHONES.iter().filter_map(|c| row.get(columns, c)).map(|v| v.raw().to_owned()).collect();
    ProviderRecord {
        customer_id: Untrusted::present(&row.id.to_string()),
        customer_name: text("razao").map(CustomerName),
        trade_name: text("fantasia").map(|name| Box::new(CustomerName(name))),
        document: text("cnpj_cpf").map(Document),
        phone: Untrusted::present(&phones.join(" / ")).map(Phone),
        ..ProviderRecord::default()
    }
}
