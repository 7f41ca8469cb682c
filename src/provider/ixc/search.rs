//! Searches the Provider itself, by what somebody typed: customers by document, phone and name,
//! logins and ONUs by their own columns.
//!
//! The web service compares a column as it was typed, so documents are asked for in both
//! spellings, and phones by their last digits, which every spelling ends in. What it answers is
//! looked at again: only what really matches is handed out. Must not do: put what was typed into
//! an error; it may be somebody's number.

use std::collections::BTreeSet;

use crate::domain::identity::{Shape, classify};
use crate::domain::search::{LAST_DIGITS, compact, folded};
use crate::domain::subscriber::{CustomerName, Document, Phone};
use crate::domain::{MatchedOn, ProviderRecord, Query, Untrusted};
use crate::ports::{FetchError, Found};
use crate::provider::ixc::IxcProvedor;
use crate::provider::ixc::envelope::{Class, Fault};
use crate::provider::ixc::gate::{self, And};
use crate::provider::ixc::join::{Join, Tables};
use crate::provider::ixc::rows::{Row, number};
use crate::provider::ixc::settings::DeviceSource;
use crate::provider::ixc::tables::Table;
use crate::provider::ixc::target::is_plain;

/// Customers whose devices are looked at; more is no answer to a call.
const CUSTOMERS_MAX: usize = 100;

/// Requests of one search, before what was found is read; a loose query is not worth more.
const REQUESTS_MAX: u32 = 40;

/// Ids in one list of the web service.
const IDS_MAX: usize = 50;

/// The columns of a customer's phones.
const PHONES: [&str; 4] = ["fone", "telefone_celular", "telefone_comercial", "whatsapp"];

/// The last digits of a serial by which it is asked for: a GPON serial's are the same whether its
/// vendor is written in letters or in hex (ITU-T G.984.3).
const SERIAL_END: usize = 8;

/// A search that goes on.
struct Searching<'a> {
    adapter: &'a IxcProvedor,
    query: &'a Query,
    logins: BTreeSet<u64>,
    onus: BTreeSet<u64>,
    /// Customers, those first whose own columns match all of the query.
    customers: Vec<u64>,
    requests: u32,
    more: bool,
    not_asked: BTreeSet<MatchedOn>,
}

pub(super) fn all(
    adapter: &IxcProvedor,
    query: &Query,
    most: usize,
) -> Result<Found<ProviderRecord>, FetchError> {
    let mut searching = Searching {
        adapter,
        query,
        logins: BTreeSet::new(),
        onus: BTreeSet::new(),
        customers: Vec::new(),
        requests: 0,
        more: false,
        not_asked: BTreeSet::new(),
    };
    searching.by_person()?;
    searching.by_id()?;
    searching.by_hardware()?;
    searching.by_login()?;
    searching.by_model()?;
    searching.records(most)
}

impl Searching<'_> {
    /// Customers by document, phone and name.
    fn by_person(&mut self) -> Result<(), FetchError> {
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
            if let Some(typed) = typed.filter(|word| !word.is_ascii() && is_safe(word)) {
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

    /// Rows by any id that a number may be.
    fn by_id(&mut self) -> Result<(), FetchError> {
        let Some(id) = number(self.query.raw()).filter(|id| *id > 0) else { return Ok(()) };
        let of = |column| (Table::Logins, column);
        let mut asked = vec![of("id"), of("id_contrato"), of("id_cliente")];
        if self.with_onus() {
            asked.push((Table::Onus, "id"));
        }
        for (table, column) in asked {
            let rows = self.must(table, column, ("=", id.to_string()))?;
            self.take(table, &rows);
        }
        Ok(())
    }

    /// ONUs and logins by serial and MAC.
    fn by_hardware(&mut self) -> Result<(), FetchError> {
        let values = hardware(self.query);
        if values.is_empty() {
            return Ok(());
        }
        let mut columns: Vec<(Table, String)> = Vec::new();
        for key in ["fibra.serial", "fibra.mac", "radusuarios.serial", "radusuarios.mac"] {
            let table = if key.starts_with("fibra") { Table::Onus } else { Table::Logins };
            if table == Table::Logins || self.with_onus() {
                let named = self.adapter.fields.columns(key).iter();
                columns.extend(named.map(|name| (table, name.clone())));
            }
        }
        columns.dedup();
        for (table, column) in columns {
            for value in &values {
                let rows = self.must(table, &column, ("L", value.clone()))?;
                self.take(table, &rows);
            }
        }
        Ok(())
    }

    fn by_login(&mut self) -> Result<(), FetchError> {
        let [word] = self.query.words() else { return Ok(()) };
        // The realm is typed with and without.
        let local = word.split_once('@').map_or(word.as_str(), |(local, _)| local);
        if !is_safe(local) {
            return Ok(());
        }
        for column in self.adapter.fields.columns("radusuarios.login").to_vec() {
            let rows = self.must(Table::Logins, &column, ("L", local.to_owned()))?;
            self.take(Table::Logins, &rows);
        }
        Ok(())
    }

    /// ONUs and logins by their model, where the profile says which column has it.
    fn by_model(&mut self) -> Result<(), FetchError> {
        let words = self.query.words().iter().filter(|w| is_safe(w));
        // What has no digit is somebody's name, and no model's.
        let word =
            words.filter(|w| w.contains(|c: char| c.is_ascii_digit())).max_by_key(|w| w.len());
        let Some(word) = word.filter(|w| w.contains(char::is_alphabetic)).cloned() else {
            return Ok(());
        };
        let mut asked = false;
        for (table, key) in [(Table::Onus, "fibra.model"), (Table::Logins, "radusuarios.model")] {
            if table == Table::Onus && !self.with_onus() {
                continue;
            }
            for column in self.adapter.fields.columns(key).to_vec() {
                asked = true;
                let rows = self.must(table, &column, ("L", word.clone()))?;
                self.take(table, &rows);
            }
        }
        if !asked {
            self.not_asked.insert(MatchedOn::Model);
        }
        Ok(())
    }

    fn with_onus(&self) -> bool {
        self.adapter.settings.device_source != DeviceSource::Radusuarios
    }

    fn take(&mut self, table: Table, rows: &[Row]) {
        let into = if table == Table::Onus { &mut self.onus } else { &mut self.logins };
        into.extend(rows.iter().map(|row| row.id));
    }

    fn must(
        &mut self,
        table: Table,
        column: &str,
        wanted: (&'static str, String),
    ) -> Result<Vec<Row>, FetchError> {
        let (rows, _) = self.list(table, column, wanted, None, &[]).map_err(|fault| fault.error)?;
        Ok(rows)
    }

    /// The first rows of a list, and whether there are more; past the most requests none.
    fn list(
        &mut self,
        table: Table,
        column: &str,
        (oper, value): (&'static str, String),
        and: Option<And>,
        columns: &[String],
    ) -> Result<(Vec<Row>, bool), Fault> {
        if self.requests >= REQUESTS_MAX {
            self.more = true;
            return Ok((Vec::new(), true));
        }
        self.requests += 1;
        let adapter = self.adapter;
        let equal = gate::Query::equal(table, column, &value, adapter.rows);
        let page = adapter.gate.list(&gate::Query { oper, and, ..equal }, columns)?;
        let is_cut = page.total > page.rows.read.len() as u64;
        self.more |= is_cut;
        Ok((page.rows.read, is_cut))
    }

    /// All rows of which a column is one of the ids.
    fn of_ids(
        &mut self,
        table: Table,
        column: &'static str,
        ids: &BTreeSet<u64>,
    ) -> Result<Vec<Row>, FetchError> {
        self.rows_of(table, column, ids).map_err(|fault| fault.error)
    }

    fn rows_of(
        &mut self,
        table: Table,
        column: &'static str,
        ids: &BTreeSet<u64>,
    ) -> Result<Vec<Row>, Fault> {
        let (adapter, ids) = (self.adapter, ids.iter().copied().collect::<Vec<_>>());
        let columns = adapter.fields.wanted(table);
        let mut rows = Vec::new();
        for some in ids.chunks(IDS_MAX) {
            let list = some.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
            // A list of one is answered with a page of HTML (IXC.md section 1).
            let oper = if some.len() == 1 { "=" } else { "IN" };
            let equal = gate::Query::equal(table, column, &list, adapter.rows);
            let page = adapter.gate.list(&gate::Query { oper, ..equal }, &columns)?;
            self.more |= page.total > page.rows.read.len() as u64;
            let of = |row: &Row| match column {
                "id" => Some(row.id),
                _ => row.get(&columns, column).and_then(|v| number(v.raw())),
            };
            let asked =
                page.rows.read.into_iter().filter(|r| of(r).is_some_and(|id| some.contains(&id)));
            rows.extend(asked);
        }
        Ok(rows)
    }

    /// The records of what was found, through the same join as a fetch.
    fn records(mut self, most: usize) -> Result<Found<ProviderRecord>, FetchError> {
        let tables = self.tables(most)?;
        let settings = &self.adapter.settings;
        let (zone, source) = (&settings.timezone, settings.device_source);
        let all = Join::new(&tables, &self.adapter.fields, zone, source).records();
        let matched = |record: ProviderRecord| {
            let on = self.query.matches_record(&record)?;
            Some((record, on))
        };
        let mut records: Vec<_> = all.into_iter().filter_map(matched).collect();
        records.sort_by_key(|(_, on)| *on);
        let more = self.more || records.len() > most;
        records.truncate(most);
        Ok(Found { records, more, not_asked: self.not_asked.into_iter().collect() })
    }

    /// Every row that the records are made of; of more logins and ONUs than are wanted twice over
    /// the first ones only.
    fn tables(&mut self, most: usize) -> Result<Tables, FetchError> {
        let most = most.saturating_mul(2);
        for ids in [&mut self.logins, &mut self.onus] {
            if ids.len() > most {
                self.more = true;
                *ids = ids.iter().copied().take(most).collect();
            }
        }
        let mut tables = Tables::default();
        let (logins, onus) = (self.logins.clone(), self.onus.clone());
        if self.with_onus() {
            let mut rows = self.of_ids(Table::Onus, "id", &onus)?;
            rows.extend(self.of_ids(Table::Onus, "id_login", &logins)?);
            self.put(&mut tables, Table::Onus, rows);
        }
        let linked = ids_of(&tables.onus, "id_login");
        let logins = &logins | &linked;
        let rows = self.of_ids(Table::Logins, "id", &logins)?;
        self.put(&mut tables, Table::Logins, rows);
        let contracts =
            &ids_of(&tables.logins, "id_contrato") | &ids_of(&tables.onus, "id_contrato");
        self.optional(&mut tables, Table::Contracts, "id", &contracts)?;
        let customers =
            &ids_of(&tables.logins, "id_cliente") | &ids_of(&tables.contracts, "id_cliente");
        self.optional(&mut tables, Table::Customers, "id", &customers)?;
        self.optional(&mut tables, Table::Products, "id_contrato", &contracts)?;
        let groups = &ids_of(&tables.logins, "id_grupo") | &ids_of(&tables.products, "id_plano");
        self.optional(&mut tables, Table::Groups, "id", &groups)?;
        Ok(tables)
    }

    /// A table that the token may not read leaves its fields empty.
    fn optional(
        &mut self,
        tables: &mut Tables,
        table: Table,
        column: &'static str,
        ids: &BTreeSet<u64>,
    ) -> Result<(), FetchError> {
        match self.rows_of(table, column, ids) {
            Ok(rows) => self.put(tables, table, rows),
            Err(fault) if is_closed(&fault) => {}
            Err(fault) => return Err(fault.error),
        }
        Ok(())
    }

    fn put(&self, tables: &mut Tables, table: Table, rows: Vec<Row>) {
        let into = tables.of(table);
        into.columns = self.adapter.fields.wanted(table);
        for row in rows {
            if !into.rows.iter().any(|known| known.id == row.id) {
                into.rows.push(row);
            }
        }
    }
}

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

/// A customer as a record without a device: what of the query is about the person.
fn person(row: &Row, columns: &[String]) -> ProviderRecord {
    let text = |column: &str| row.get(columns, column).cloned();
    let phones: Vec<String> =
        PHONES.iter().filter_map(|c| row.get(columns, c)).map(|v| v.raw().to_owned()).collect();
    ProviderRecord {
        customer_id: Untrusted::present(&row.id.to_string()),
        customer_name: text("razao").map(CustomerName),
        trade_name: text("fantasia").map(CustomerName),
        document: text("cnpj_cpf").map(Document),
        phone: Untrusted::present(&phones.join(" / ")).map(Phone),
        ..ProviderRecord::default()
    }
}

/// The ids in a column; `0` and nothing are none.
fn ids_of(rows: &crate::provider::ixc::join::Rows, column: &str) -> BTreeSet<u64> {
    let id = |row: &Row| row.get(&rows.columns, column).and_then(|v: &Untrusted| number(v.raw()));
    rows.rows.iter().filter_map(id).filter(|id| *id > 0).collect()
}

/// May the token not read the table? A status 403 may be about one table, too; where it is not,
/// the next table says the same.
fn is_closed(fault: &Fault) -> bool {
    matches!(fault.class, Class::Permission | Class::Token)
}

/// A document as it may have been typed: its places alone, and with the usual punctuation.
fn spellings(places: &str) -> Vec<String> {
    let part = |from: usize, to: usize| places.get(from..to).unwrap_or_default();
    let typed = if places.len() == 11 {
        format!("{}.{}.{}-{}", part(0, 3), part(3, 6), part(6, 9), part(9, 11))
    } else {
        let (root, branch) = (part(0, 8), part(8, 12));
        let root = format!("{}.{}.{}", &root[..2], &root[2..5], &root[5..]);
        format!("{root}/{branch}-{}", part(12, 14))
    };
    vec![places.to_owned(), typed]
}

/// What serials and MACs are asked for by; nothing where the query is none of either.
fn hardware(query: &Query) -> Vec<String> {
    let whole = compact(query.raw());
    let has_digit = whole.bytes().any(|b| b.is_ascii_digit());
    if whole.len() < LAST_DIGITS || !has_digit {
        return Vec::new();
    }
    let values = match classify(query.raw()) {
        Shape::Mac(mac) | Shape::Either(_, mac) => {
            let colons = mac.to_string();
            vec![colons.replace(':', ""), colons.replace(':', "-"), colons]
        }
        Shape::Serial(serial) if serial.is_gpon() => {
            let text = serial.as_str();
            vec![text.get(text.len() - SERIAL_END..).unwrap_or(text).to_owned()]
        }
        Shape::Serial(_) | Shape::Blank if query.words().len() == 1 => {
            let mut values = vec![query.raw().to_owned(), whole.clone()];
            // A part of a MAC, as columns write it.
            if whole.len().is_multiple_of(2) && whole.bytes().all(|b| b.is_ascii_hexdigit()) {
                let pairs = (0..whole.len()).step_by(2).filter_map(|at| whole.get(at..at + 2));
                values.push(pairs.collect::<Vec<_>>().join(":"));
            }
            values
        }
        Shape::Serial(_) | Shape::Blank => Vec::new(),
    };
    let mut values: Vec<String> = values.into_iter().filter(|v| is_safe(v)).collect();
    values.dedup();
    values
}

/// A text that no program takes for anything but text.
fn is_safe(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_plain)
}
