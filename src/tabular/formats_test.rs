//! The same rows in every format and encoding, and what must be said about broken ones.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::domain::{AnySnapshot, SnapshotMeta, Untrusted};
use crate::ports::{FetchError, FetchErrorKind, Growing};

fields! { Id = "id", Serial = "serial", Name = "name", At = "last_inform" }

static SCHEMA: Schema = Schema {
    rows: "devices",
    fields: NAMES,
    required: Required::All(&["id", "serial"]),
    renamed: true,
};

#[derive(Debug, PartialEq)]
struct Rec {
    id: String,
    serial: Option<String>,
    name: Option<String>,
    at: Option<Timestamp>,
    extra: Vec<(u16, Untrusted)>,
}

fn build(row: &mut Row<'_, '_, '_>) -> Option<Rec> {
    let own = |text: Untrusted| text.raw().to_owned();
    let Some(id) = row.text(Field::Id).map(own) else {
        row.bad("no id");
        return None;
    };
    Some(Rec {
        id,
        serial: row.text(Field::Serial).map(own),
        name: row.private(Field::Name).map(own),
        at: row.time(Field::At),
        extra: row.take_extra().into_iter().collect(),
    })
}

fn source(path: &Path) -> FileSource {
    FileSource {
        path: path.to_owned(),
        columns: BTreeMap::new(),
        timezone: TimeZone::get("America/Sao_Paulo").unwrap(),
        as_of: None,
        now: Timestamp::UNIX_EPOCH,
        strict: false,
    }
}

fn read_with(
    bytes: &[u8],
    change: impl FnOnce(&mut FileSource),
) -> Result<(SnapshotMeta, Vec<Rec>), FetchError> {
    let mut file = tempfile::NamedTempFile::with_prefix("f").unwrap();
    file.write_all(bytes).unwrap();
    let mut source = source(file.path());
    change(&mut source);
    read(&source, &SCHEMA, &|_| {}, Growing::alone(), build)?
        .into_side()
        .map(AnySnapshot::into_parts)
}

fn read_bytes(bytes: &[u8]) -> Result<(SnapshotMeta, Vec<Rec>), FetchError> {
    read_with(bytes, |_| {})
}

fn ids(records: &[Rec]) -> Vec<&str> {
    records.iter().map(|r| r.id.as_str()).collect()
}

/// The bad lines of a file, as `line:column what`.
fn bad(meta: &SnapshotMeta) -> Vec<String> {
    assert_eq!(meta.bad.len() as u64, meta.bad_count);
    meta.bad
        .iter()
        .map(|p| {
            let at = p.place.split_once(", line ").unwrap().1.replace(", column ", ":");
            format!("{at} {}", p.what)
        })
        .collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(bytes).unwrap();
    gz.finish().unwrap()
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

fn csv_of(rows: &[[String; 4]], separator: char, end: &str) -> String {
    let quote = |text: &String| {
        if text.contains([separator, '"', '\n', '\r']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.clone()
        }
    };
    let mut out = ["ID", "Serial", "náme", "Extra Column"].join(&separator.to_string());
    out.push_str(end);
    for row in rows {
        let fields: Vec<String> = row.iter().map(quote).collect();
        write!(out, "{}{end}", fields.join(&separator.to_string())).unwrap();
    }
    out
}

fn object_of(row: &[String; 4]) -> String {
    let text = |s: &str| serde_json::Value::from(s).to_string();
    format!(
        "{{\"ID\":{}, \"serial\" : {},\"Name\":{},\"Extra Column\":{}}}",
        text(&row[0]),
        text(&row[1]),
        text(&row[2]),
        text(&row[3])
    )
}

/// Every way to write the same rows; Windows-1252 only where it has all characters.
fn all_forms(rows: &[[String; 4]]) -> Vec<(&'static str, Vec<u8>)> {
    let comma = csv_of(rows, ',', "\n");
    let lines: String = rows.iter().map(|r| object_of(r) + "\n").collect();
    let array = format!("\n[{}\n]\n", rows.iter().map(object_of).collect::<Vec<_>>().join(",\n  "));
    let bom = |text: &str| [b"\xef\xbb\xbf", text.as_bytes()].concat();
    let utf16: Vec<u8> =
        format!("\u{feff}{comma}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut forms = vec![
        ("semicolon, BOM, CRLF", bom(&csv_of(rows, ';', "\r\n"))),
        ("tab", csv_of(rows, '\t', "\n").into()),
        ("CR only", csv_of(rows, ';', "\r").into()),
        ("sep=", format!("sep=|\r\n{}", csv_of(rows, '|', "\r\n")).into()),
        ("UTF-16", utf16),
        ("NDJSON gzip", gzip(lines.as_bytes())),
        ("NDJSON BOM", bom(&lines)),
        ("JSON array zstd", zst(array.as_bytes())),
        ("JSON array", array.into()),
        ("NDJSON", lines.clone().into()),
        ("two gzip members", [gzip(b"\n"), gzip(lines.as_bytes())].concat()),
    ];
    for text in [csv_of(rows, ';', "\r\n"), lines] {
        let (bytes, _, lost) = encoding_rs::WINDOWS_1252.encode(&text);
        if !lost {
            forms.push(("Windows-1252", bytes.into_owned()));
        }
    }
    forms.push(("comma", comma.into()));
    forms
}

fn strings(rows: &[[&str; 4]]) -> Vec<[String; 4]> {
    rows.iter().map(|r| r.map(str::to_owned)).collect()
}

#[test]
fn one_answer_in_every_form() {
    let mut rows = strings(&[
        ["a01", "HWTC00000001", "Ana Lima", ""],
        ["a02", "", "say \"hi\"; you, there", "x"],
        ["a03", "a\tb", "two\nlines", "|"],
    ]);
    // Late enough to be beyond the first chunk.
    for n in 0..40_000 {
        rows.push([format!("n{n}"), format!("HWTC{n:08}"), "no accent".into(), String::new()]);
    }
    rows.extend(strings(&[["z", "HWTC1", "João Conceição", "é"]]));
    let forms = all_forms(&rows);
    assert_eq!(forms.len(), 14);
    let (meta, expected) = read_bytes(&forms.last().unwrap().1).unwrap();
    assert_eq!(expected.len(), rows.len());
    assert_eq!(expected[1].name.as_deref(), Some("say \"hi\"; you, there"));
    assert_eq!(expected.last().unwrap().name.as_deref(), Some("João Conceição"));
    assert_eq!(meta.extra_columns, ["Extra Column".into()]);
    for (form, bytes) in forms {
        let (meta, records) = read_bytes(&bytes).unwrap();
        assert!(records == expected, "{form}");
        assert_eq!(bad(&meta), [""; 0], "{form}");
        let said = meta.remarks.iter().any(|r| r.contains("read as"));
        assert_eq!(said, form == "Windows-1252" || form == "UTF-16", "{form}: {:?}", meta.remarks);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_text_is_the_same_in_every_form(
        rows in prop::collection::vec(
            [
                "[a-z]{1,3}[\\PC\"';,\t\n|]{0,6}",
                "[\\PC\"\n]{0,8}",
                "[a-z\"éã ;,\\\\]{0,8}",
                "[a-z]{0,2}",
            ],
            1..6,
        )
    ) {
        let forms = all_forms(&rows);
        let trimmed = |t: &str| Some(t.trim().to_owned()).filter(|t| !t.is_empty());
        for (form, bytes) in forms {
            let (meta, records) = read_bytes(&bytes).unwrap();
            prop_assert_eq!(meta.bad_count, 0, "{}: {:?}", form, meta.bad);
            prop_assert_eq!(records.len(), rows.len(), "{}", form);
            for (record, row) in records.iter().zip(&rows) {
                if !row.iter().any(|t| t.trim().starts_with("=\"") || t.trim().starts_with('\'')) {
                    prop_assert_eq!(Some(record.id.clone()), trimmed(&row[0]), "{}", form);
                    prop_assert_eq!(&record.serial, &trimmed(&row[1]), "{}", form);
                    prop_assert_eq!(&record.name, &trimmed(&row[2]), "{}", form);
                }
            }
        }
    }

    #[test]
    fn no_bytes_make_it_panic(
        start in prop::sample::select(vec![
            &b""[..], b"id,serial\n", b"id;serial\n\"", b"{\"id\":\"a\",\"serial\":",
            b"[{\"id\":1,", b"[", b"\x1f\x8b\x08\x00\x00\x00\x00\x00", b"\x28\xb5\x2f\xfd",
            b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"sep=", b"id\tserial\tname\r",
        ]),
        rest in prop::collection::vec(
            prop_oneof![any::<u8>(), prop::sample::select(b"\",;\t\r\n[]{}:\\ =a1".to_vec())],
            0..200,
        ),
    ) {
        let bytes = [start, &rest].concat();
        let _ = read_bytes(&bytes);
        let _ = read_bytes(&gzip(&bytes));
    }
}

#[test]
fn names_the_place_of_a_bad_line() {
    let too_few = "2 fields where the header has 3";
    let cases: [(&str, &[&str], &[&str]); 15] = [
        ("id,serial,name\na,1,x\nb,2\nc,3,z", &["a", "c"], &["3:4 @few"]),
        (
            "id,serial,name\na,1,x\nb,2,y,w\nc,3,z\n",
            &["a", "c"],
            &["3:7 4 fields where the header has 3"],
        ),
        ("id,serial,name\na,1,x,,\n\n  \nc,3,z,\n", &["a", "c"], &[]),
        ("id,serial,,\na,1\nc,3,,\nd,4,,5\n", &["a", "c", "d"], &[]),
        ("id,serial,name\n,,\nc,3,z\n", &["c"], &["2:1 no id"]),
        (
            "id,serial,name\nb,\"2\nc,3,z\nd,4,w\n",
            &["c", "d"],
            &["2:1 a quote is opened here and never closed"],
        ),
        ("id,serial,name\nb,\"2\nc,3,z\nd,\"4\",w\ne,5,v\n", &["c", "d", "e"], &["2:1 @swallowed"]),
        ("id,serial,name\nb,2,x\0\nc,3,z\n", &["c"], &["2:1 holds NUL bytes: the file is damaged"]),
        ("{\"id\":1,\"serial\":2}\n{\"id\":2,\"ser\n{\"id\":3}\n", &["1", "3"], &["2:12 @json"]),
        (
            "{\"id\":1,\"serial\":2}\n[3]\n\n{\"id\":4}{}\n{\"id\":5",
            &["1"],
            &["2:1 @json", "4:9 @json", "5:7 @json"],
        ),
        (
            "[{\"id\":1,\"serial\":2},\n {\"id\":2,\n \"serial\":},\n{\"id\":3}]",
            &["1", "3"],
            &["3:11 @json"],
        ),
        (
            "[{\"id\":1,\"serial\":2},\n{\"id\":\"2,\n{\"id\":3},\n{\"id\":4}]",
            &["1", "3", "4"],
            &["2:1 @any"],
        ),
        (
            "[{\"id\":1,\"serial\":2}\n,{\"id\":3}",
            &["1", "3"],
            &["2:10 the file ends before the array's closing `]`"],
        ),
        (
            "[{\"id\":1,\"serial\":2},,{\"id\":3}{\"id\":4},] x",
            &["1", "3", "4"],
            &[
                "1:22 a record is missing here",
                "1:31 a comma is missing between two records",
                "1:40 a record is missing here",
                "1:42 something follows the closing `]`",
            ],
        ),
        ("[{\"id\":1,\"serial\":2},\n{\"id\":3, \"ser", &["1"], &["2:1 @any"]),
    ];
    for (text, good, problems) in cases {
        let (meta, records) = read_bytes(text.as_bytes()).unwrap();
        assert_eq!(ids(&records), good, "{text}");
        let found = bad(&meta);
        assert_eq!(found.len(), problems.len(), "{text}: {found:?}");
        for (found, problem) in found.iter().zip(problems) {
            let (place, what) = problem.split_once(' ').unwrap();
            assert!(found.starts_with(&format!("{place} ")), "{text}: {found}");
            match what {
                "@few" => assert!(found.ends_with(too_few), "{found}"),
                "@json" => assert!(found.contains("not a JSON object: "), "{found}"),
                "@any" | "@swallowed" => {}
                what => assert!(found.ends_with(what), "{text}: {found}"),
            }
        }
    }
}

#[test]
fn keeps_what_was_read_of_a_file_that_breaks_off() {
    let mut text = String::new();
    for n in 0..20_000 {
        writeln!(text, "{{\"id\":\"a{n}\",\"serial\":\"HWTC{:08X}\"}}", n * 7_919).unwrap();
    }
    for whole in [gzip(text.as_bytes()), zst(text.as_bytes())] {
        let (meta, records) = read_bytes(&whole[..whole.len() / 2]).unwrap();
        assert!(records.len() > 1000 && records.len() < 20_000, "{}", records.len());
        let found = bad(&meta);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("the file breaks off here"), "{found:?}");
        assert!(found[0].starts_with(&format!("{}:", records.len() + 1)), "{found:?}");
    }
    let cut = &text.as_bytes()[..text.len() - 9];
    let (meta, records) = read_bytes(cut).unwrap();
    assert_eq!((records.len(), meta.bad_count), (19_999, 1));
}

#[test]
fn an_empty_side_is_a_failed_fetch() {
    for text in ["", " \n\t\n", "[]", "[ ]\n", "id,serial\n", "\u{feff}", "id;serial"] {
        let error = read_bytes(text.as_bytes()).unwrap_err();
        assert_eq!(error.kind, FetchErrorKind::Unavailable, "{text:?}");
        assert!(error.what.contains("an empty side"), "{}", error.what);
    }
    let error = read_bytes(b"id,serial\n,\n").unwrap_err();
    assert_eq!(error.kind, FetchErrorKind::Unavailable);
    assert!(error.what.contains("line 2"), "{}", error.what);
    assert_eq!(read_bytes(&gzip(b"")).unwrap_err().kind, FetchErrorKind::Unavailable);
}

#[test]
fn a_file_of_another_kind_is_refused_with_a_word_on_what_it_is() {
    for (bytes, what) in [
        (&b"PK\x03\x04rest"[..], "Excel"),
        (&[0; 5000], "NUL bytes"),
        (b"\x7fELF\x01\x00\x00", "not a text file"),
        (b"\n<!DOCTYPE html><html>", "web page"),
        (b"hello world\n", "no column `id`"),
        (b"[{\"foo\":1}]", "no column `id`"),
        (b"id\n1\n", "no column `serial`"),
        (&gzip(&gzip(b"id,serial\n1,2\n")), "compressed twice"),
    ] {
        let error = read_bytes(bytes).unwrap_err();
        assert_eq!(error.kind, FetchErrorKind::Config, "{what}");
        assert!(error.what.contains(what), "{}", error.what);
        assert!(!error.hints.is_empty());
    }
    let directory = tempfile::tempdir().unwrap();
    for (path, what) in [
        (directory.path().to_owned(), "is a directory"),
        (directory.path().join("none.csv"), "there is no such file"),
    ] {
        let error = read(&source(&path), &SCHEMA, &|_| {}, Growing::alone(), build).err().unwrap();
        assert_eq!(error.kind, FetchErrorKind::Config);
        assert!(error.what.contains(what), "{}", error.what);
    }
}

#[test]
fn keeps_unreadable_values_as_text_and_says_where() {
    let text = "{\"id\":1.50,\"serial\":[\"only\"],\"x y\":{\"a\": [1, 2]},\
                \"Last Inform\":\"soon\"}\n\
                {\"id\":true,\"serial\":null,\"Last Inform\":\"2026-11-20 12:00:00\",\"x y\":7}\n\
                {\"id\":\"\\u00e9\\ud800\",\"serial\":\"a\\tb\\u202e\",\"x y\":\"\"}\n";
    let (meta, records) = read_bytes(text.as_bytes()).unwrap();
    assert_eq!(ids(&records), ["1.50", "true", "\\u00e9\\ud800"]);
    assert_eq!(records[0].serial.as_deref(), Some("only"));
    assert_eq!(records[1].at, Some("2026-11-20T15:00:00Z".parse().unwrap()));
    assert_eq!(records[2].serial.as_deref(), Some("a\tb\u{202e}"));
    assert_eq!(meta.extra_columns, ["x y".into(), "Last Inform".into()]);
    let extra = |n: usize| -> Vec<(u16, &str)> {
        records[n].extra.iter().map(|(at, text)| (*at, text.raw())).collect()
    };
    assert_eq!(extra(0), [(0, "{\"a\":[1,2]}"), (1, "soon")]);
    assert_eq!(extra(1), [(0, "7")]);
    assert_eq!((meta.unparsed_count, meta.bad_count), (1, 0));
    assert!(meta.unparsed[0].place.ends_with("line 1, column 65"), "{}", meta.unparsed[0].place);
    assert_eq!(meta.unparsed[0].value, Some(Untrusted::new("soon")));
    // In CSV, behind a quoted field with a line's end in it.
    let text = "id,serial,name,last_inform\na,1,\"x\ny\"\"\",soon\n'-b,\"=\"\"007\"\"\",c,\n";
    let (meta, records) = read_bytes(text.as_bytes()).unwrap();
    assert!(meta.unparsed[0].place.ends_with("line 3, column 6"), "{}", meta.unparsed[0].place);
    assert_eq!(records[1].id, "-b");
    assert_eq!(records[1].serial.as_deref(), Some("007"));
}

#[test]
fn strict_fails_at_the_first_problem() {
    for text in ["id,serial,last_inform\na,1,soon\n", "id,serial,last_inform\na,1,\nb\n"] {
        let error = read_with(text.as_bytes(), |s| s.strict = true).unwrap_err();
        assert_eq!(error.kind, FetchErrorKind::Unavailable);
        assert!(error.what.contains(", line ") && error.what.contains(", column "));
    }
    assert!(read_with(b"id,serial\na,1\n", |s| s.strict = true).is_ok());
}

#[test]
fn maps_columns_and_keeps_one_met_twice() {
    let windows = encoding_rs::WINDOWS_1252.encode("id;Número de série;ID\na;1;b\n").0;
    let map = |s: &mut FileSource| {
        s.columns.insert("serial".into(), "numero_de_serie".into());
    };
    let (meta, records) = read_with(&windows, map).unwrap();
    assert_eq!(records[0].serial.as_deref(), Some("1"));
    assert_eq!(
        (ids(&records), &meta.extra_columns[..]),
        (vec!["a"], &["ID (column 3)".into()][..])
    );
    assert_eq!(meta.remarks.len(), 2, "{:?}", meta.remarks);
    assert_eq!(read_with(b"id,serial\na,1\n", map).unwrap_err().kind, FetchErrorKind::Config);
}

#[test]
fn bounds_records_and_goes_on_after_them() {
    let long = "x".repeat(3 * RECORD_MAX);
    for text in [
        format!("id,serial\na,{long}\nb,2\n"),
        format!("id,serial\na,\"{long}\nb,2\n"),
        format!("{{\"id\":\"a\",\"serial\":\"{long}\"}}\n{{\"id\":\"b\",\"serial\":2}}"),
    ] {
        let (meta, records) = read_bytes(text.as_bytes()).unwrap();
        assert_eq!(ids(&records), ["b"]);
        assert_eq!(meta.bad_count, 1);
        assert!(meta.bad[0].what.contains("longer than 1 MiB"), "{:?}", meta.bad);
    }
    let array = format!("[{{\"id\":\"b\",\"serial\":2}},{{\"id\":\"{long}\"}},{{\"id\":3}}]");
    let (meta, records) = read_bytes(array.as_bytes()).unwrap();
    assert_eq!(ids(&records), ["b"]);
    assert!(meta.bad_count >= 1);
}

#[test]
fn says_when_a_value_is_cut() {
    let long = "x".repeat(5000);
    let (meta, records) = read_bytes(format!("id,serial\na,{long}\n").as_bytes()).unwrap();
    assert_eq!(records[0].serial.as_ref().map(String::len), Some(4096));
    assert!(meta.unparsed[0].what.contains("cut") && meta.unparsed[0].value.is_none());
}

#[test]
fn tells_progress_every_thousand_rows() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"id,serial\n").unwrap();
    file.write_all("a,1\n".repeat(2500).as_bytes()).unwrap();
    let told = std::sync::Mutex::new(Vec::new());
    let progress = |n| told.lock().unwrap().push(n);
    assert!(read(&source(file.path()), &SCHEMA, &progress, Growing::alone(), build).is_ok());
    assert_eq!(*told.lock().unwrap(), [1000, 2000, 2500]);
}

#[test]
fn deep_nesting_is_no_danger() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let text = format!("{{\"id\":\"a\",\"serial\":{deep},\"x\":{deep}}}\n{deep}\n");
    let (meta, records) = read_bytes(text.as_bytes()).unwrap();
    assert_eq!((records.len(), meta.bad_count, meta.unparsed_count), (1, 1, 1));
}

#[test]
fn dates_a_file_by_its_modification_time_unless_told() {
    let (meta, _) = read_bytes(b"id,serial\na,1\n").unwrap();
    assert!(meta.fetched_at > "2026-01-01T00:00:00Z".parse().unwrap());
    let told: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
    let (meta, _) = read_with(b"id,serial\na,1\n", |s| s.as_of = Some(told)).unwrap();
    assert_eq!(meta.fetched_at, told);
}
