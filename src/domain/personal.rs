//! Which columns hold a person's data, by their names; and their values, masked.
//!
//! Must not do: look at a value to decide about its column.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::domain::scrub::scrub;
use crate::domain::subscriber::{CustomerName, Document, Phone, masked_email};
use crate::domain::text::Untrusted;

/// What a personal column holds: how its values are masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Document,
    Phone,
    Email,
    Name,
    /// An address, a birthday: nothing of it is shown.
    Other,
}

/// Parts of folded column names that say that a column is about a person.
const PARTS: [(&str, Kind); 25] = [
    ("mail", Kind::Email),
    ("cpf", Kind::Document),
    ("cnpj", Kind::Document),
    ("document", Kind::Document),
    ("telefone", Kind::Phone),
    ("celular", Kind::Phone),
    ("whats", Kind::Phone),
    ("phone", Kind::Phone),
    ("nascimento", Kind::Other),
    ("birth", Kind::Other),
    ("logradouro", Kind::Other),
    ("street", Kind::Other),
    ("cliente", Kind::Name),
    ("customer", Kind::Name),
    ("titular", Kind::Name),
    ("assinante", Kind::Name),
    ("subscriber", Kind::Name),
    ("razaosocial", Kind::Name),
    ("nomefantasia", Kind::Name),
    ("sobrenome", Kind::Name),
    ("fullname", Kind::Name),
    ("firstname", Kind::Name),
    ("lastname", Kind::Name),
    ("responsavel", Kind::Name),
    ("inscricaoestadual", Kind::Document),
];

/// Words of column names that say so; as parts they would catch `microfone` and `cargo`.
const WORDS: [(&str, Kind); 21] = [
    ("fone", Kind::Phone),
    ("fones", Kind::Phone),
    ("tel", Kind::Phone),
    ("cel", Kind::Phone),
    ("zap", Kind::Phone),
    ("doc", Kind::Document),
    ("rg", Kind::Document),
    ("ie", Kind::Document),
    ("nasc", Kind::Other),
    ("cep", Kind::Other),
    ("rua", Kind::Other),
    ("address", Kind::Other),
    ("endereco", Kind::Other),
    ("enderecos", Kind::Other),
    ("mobile", Kind::Phone),
    ("razao", Kind::Name),
    ("contato", Kind::Phone),
    ("contatos", Kind::Phone),
    ("mae", Kind::Name),
    ("pai", Kind::Name),
    ("owner", Kind::Name),
];

/// Words that make another's `nome` or `address` no person's: `nome da OLT`, `IP address`.
const TECHNICAL: [&str; 36] = [
    "olt",
    "onu",
    "ont",
    "pon",
    "gpon",
    "rede",
    "network",
    "host",
    "plano",
    "plan",
    "modelo",
    "model",
    "perfil",
    "profile",
    "equipamento",
    "dispositivo",
    "device",
    "concentrador",
    "nas",
    "servidor",
    "server",
    "cidade",
    "pop",
    "caixa",
    "cto",
    "grupo",
    "group",
    "ssid",
    "wifi",
    "ip",
    "mac",
    "interface",
    "porta",
    "slot",
    "ultimo",
    "last",
];

/// Does a column of this name hold data of a person?
#[must_use]
pub fn is_personal(column: &str) -> bool {
    kind(column).is_some()
}

/// The value of an unknown column as it may be shown: masked where the column is personal,
/// else with what is found in it masked.
#[must_use]
pub fn shown_extra<'a>(column: &str, value: &'a str) -> Cow<'a, str> {
    let Some(kind) = kind(column) else { return scrub(value) };
    let value = Untrusted::new(value);
    Cow::Owned(match kind {
        Kind::Document => Document(value).to_string(),
        Kind::Phone => Phone(value).to_string(),
        Kind::Email => masked_email(value.raw()),
        Kind::Name => CustomerName(value).to_string(),
        Kind::Other => "***".to_owned(),
    })
}

fn kind(column: &str) -> Option<Kind> {
    let words = words(column);
    let joined = words.concat();
    let part = PARTS.iter().find(|(part, _)| joined.contains(part));
    if let Some((_, kind)) = part {
        return Some(*kind);
    }
    let technical = words.iter().any(|w| TECHNICAL.contains(&w.as_str()));
    if technical {
        return None;
    }
    let word = WORDS.iter().find(|(word, _)| words.iter().any(|w| w == word));
    let named = words.first().is_some_and(|w| w == "nome" || w == "nomes" || w == "name");
    word.map(|(_, kind)| *kind).or_else(|| named.then_some(Kind::Name))
}

/// Lower case, without accents and numbers at the end, split where the name is: `CPF/CNPJ`,
/// `telefone_2`, `nomeCompleto`.
fn words(column: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower = false;
    for c in column.nfkd().filter(|c| !is_combining_mark(*c)) {
        let starts = !c.is_alphabetic() || lower && c.is_uppercase();
        if starts && words.last().is_some_and(|w| !w.is_empty()) {
            words.push(String::new());
        }
        lower = c.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| c.is_alphabetic()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|w| !w.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_personal_columns_by_name() {
        for column in [
            "cpf",
            "CPF/CNPJ",
            "CPF do titular",
            "Documento",
            "telefone",
            "telefone_2",
            "Celular",
            "WhatsApp",
            "Fone",
            "fone_2",
            "e-mail",
            "E-Mail",
            "email",
            "Nome",
            "nome completo",
            "nomeCompleto",
            "Nome do assinante",
            "Razão Social",
            "razao",
            "cliente",
            "Id Cliente",
            "customer",
            "Endereço",
            "data_nascimento",
            "RG",
            "CEP",
            "Full Name",
            "name",
            "Nome da mãe",
            "Tel. contato",
            "NOME_FANTASIA",
        ] {
            assert!(is_personal(column), "{column}");
        }
        for column in [
            "olt",
            "PON",
            "Cidade",
            "nome da OLT",
            "hostname",
            "região",
            "rx_power",
            "Nome do plano",
            "model name",
            "IP address",
            "endereço IP",
            "cargo",
            "microfone",
            "obs",
            "último contato",
            "vlan",
            "username",
            "firmware",
        ] {
            assert!(!is_personal(column), "{column}");
        }
    }

    #[test]
    fn shows_values_by_their_column() {
        for (column, value, shown) in [
            ("CPF/CNPJ", "12345678900", "***.456.789-**"),
            ("telefone", "47900001234", "***1234"),
            ("e-mail", "ana.lima@isp.example", "a***@isp.example"),
            ("Nome do assinante", "Ana Maria Lima", "Ana L."),
            ("Endereço", "Rua Um, 1", "***"),
            ("obs", "CPF 123.456.789-00", "CPF ***.456.789-**"),
            ("olt", "OLT-01", "OLT-01"),
        ] {
            assert_eq!(shown_extra(column, value), shown, "{column}");
        }
    }
}
