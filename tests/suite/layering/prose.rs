//! What must not stand in any file: people who could exist, and paths of one machine.
//!
//! Must not do: know names. A CPF is anybody's where its check digits are right.

use super::{assert_none, files, root};

/// Texts of the repository: everything that a person wrote.
const ENDINGS: [&str; 12] = [
    ".rs", ".toml", ".md", ".csv", ".json", ".ndjson", ".snap", ".txt", ".yml", ".sh", "/run",
    ".html",
];
const FOLDERS: [&str; 6] = ["src", "tests", "benches", "snapshots", ".ci", "docs"];

fn texts() -> impl Iterator<Item = (String, String)> {
    let deep = FOLDERS.iter().flat_map(|f| files(f, &ENDINGS));
    let top = std::fs::read_dir(root()).unwrap().map(|e| e.unwrap().path());
    let top =
        top.filter(|p| p.is_file() && ENDINGS.iter().any(|e| p.to_string_lossy().ends_with(e)));
    deep.chain(top).filter_map(|path| {
        let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        std::fs::read(&path).ok().map(|bytes| (name, String::from_utf8_lossy(&bytes).into_owned()))
    })
}

/// Do the last two digits follow from the first nine, as in a real CPF? One digit eleven
/// times does so too, but is never given to anybody.
fn is_real_cpf(digits: &[u32]) -> bool {
    let check = |n: usize| {
        let sum: u32 = (2..).zip(digits[..n].iter().rev()).map(|(weight, d)| weight * d).sum();
        match sum * 10 % 11 {
            10 => 0,
            rest => rest,
        }
    };
    let varied = digits.iter().any(|d| *d != digits[0]);
    varied && digits.len() == 11 && digits[9] == check(9) && digits[10] == check(10)
}

/// The digits of every `ddd.ddd.ddd-dd`.
fn cpfs(text: &str) -> impl Iterator<Item = Vec<u32>> {
    const FORM: &[u8] = b"ddd.ddd.ddd-dd";
    text.as_bytes().windows(FORM.len()).filter_map(|window| {
        let fits = |(byte, form): (&u8, &u8)| {
            if *form == b'd' { byte.is_ascii_digit() } else { byte == form }
        };
        window.iter().zip(FORM).all(fits).then(|| {
            let digits = window.iter().filter(|b| b.is_ascii_digit());
            digits.map(|b| u32::from(b - b'0')).collect()
        })
    })
}

#[test]
fn no_cpf_could_be_somebodys() {
    assert!(is_real_cpf(&[5, 2, 9, 9, 8, 2, 2, 4, 7, 2, 5]), "the check itself");
    let mut wrong = Vec::new();
    for (name, text) in texts() {
        let real = cpfs(&text).filter(|c| is_real_cpf(c));
        wrong.extend(real.map(|c| format!("{name}: {c:?}")));
    }
    assert_none(&wrong, "CPFs with right check digits");
}

#[test]
fn no_file_names_a_place_on_one_machine() {
    let places = [concat!("/wo", "rk/"), concat!("/roo", "t/")];
    let mut wrong = Vec::new();
    for (name, text) in texts() {
        for place in places.iter().filter(|p| text.contains(**p)) {
            wrong.push(format!("{name} names {place}"));
        }
    }
    assert_none(&wrong, "paths of one machine");
}
