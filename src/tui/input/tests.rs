//! What bytes mean does not depend on when they come.
//!
//! Must not do: sleep; times are numbers here.

use super::*;

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Feeds the chunks with these gaps, asking at each deadline as the reading thread does.
fn decoded(hold: Duration, chunks: &[&[u8]], gap: Duration) -> Vec<Input> {
    let mut decoder = Decoder::new(hold);
    let (mut now, mut inputs) = (ms(1000), Vec::new());
    for chunk in chunks {
        while let Some(deadline) = decoder.deadline().filter(|deadline| *deadline < now) {
            inputs.extend(decoder.expire(deadline));
        }
        inputs.extend(decoder.feed(chunk, now));
        now += gap;
    }
    while let Some(deadline) = decoder.deadline() {
        inputs.extend(decoder.expire(deadline));
    }
    inputs
}

fn names(inputs: &[Input]) -> Vec<String> {
    let name = |input: &Input| match input {
        Input::Key(key) => key.to_string(),
        Input::Paste(_) | Input::Click(..) | Input::Scroll(_) => format!("{input:?}"),
    };
    inputs.iter().map(name).collect()
}

const KNOWN: [(&[u8], &str); 34] = [
    (b"j", "j"),
    (b" ", "<Space>"),
    (b"\r", "<Enter>"),
    (b"\t", "<Tab>"),
    (b"\x7f", "<Backspace>"),
    (b"\x03", "<C-c>"),
    (b"\x1a", "<C-z>"),
    (b"\x1c", "<C-\\>"),
    (b"\x1b", "<Esc>"),
    (b"\x1b[A", "<Up>"),
    (b"\x1b[B", "<Down>"),
    (b"\x1bOC", "<Right>"),
    (b"\x1bOD", "<Left>"),
    (b"\x1b[1;5C", "<C-Right>"),
    (b"\x1b[1;3D", "<A-Left>"),
    (b"\x1b[H", "<Home>"),
    (b"\x1b[4~", "<End>"),
    (b"\x1b[3~", "<Delete>"),
    (b"\x1b[5~", "<PageUp>"),
    (b"\x1b[6~", "<PageDown>"),
    (b"\x1b[Z", "<S-Tab>"),
    (b"\x1bOP", "<F1>"),
    (b"\x1b[11~", "<F1>"),
    (b"\x1b[[A", "<F1>"),
    (b"\x1b[15~", "<F5>"),
    (b"\x1b[24~", "<F12>"),
    (b"\x1bx", "<A-x>"),
    ("ã".as_bytes(), "ã"),
    ("\u{1b}ã".as_bytes(), "<A-ã>"),
    ("€".as_bytes(), "€"),
    (b"\x1b[99;5u", "<C-c>"),
    (b"\x1b[200~a\rb\x1b[201~", "Paste(\"a\\nb\")"),
    (b"\x1b[<0;3;4M", "Click(2, 3)"),
    (b"\x1b[<65;3;4M", "Scroll(3)"),
];

#[test]
fn a_sequence_means_the_same_however_its_bytes_come() {
    for (bytes, name) in KNOWN {
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(names(&decoded(HOLD, &[bytes], ms(0))), [name]);
        for gap in 0..=20 {
            assert_eq!(names(&decoded(HOLD, &single, ms(gap))), [name], "{gap} ms");
        }
        for gap in 0..=60 {
            assert_eq!(names(&decoded(HOLD_REMOTE, &single, ms(gap))), [name], "{gap} ms");
        }
        for cut in 1..bytes.len() {
            let halves = [&bytes[..cut], &bytes[cut..]];
            assert_eq!(names(&decoded(HOLD_REMOTE, &halves, ms(60))), [name], "cut at {cut}");
        }
    }
}

#[test]
fn what_comes_too_late_is_escape_but_never_letters() {
    for (bytes, name) in KNOWN.into_iter().filter(|(b, _)| b.len() > 2 && b[1] < 0x80) {
        if !matches!(bytes[1], b'[' | b'O') {
            continue;
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(names(&decoded(HOLD, &single, ms(60))), ["<Esc>", name]);
    }
}

#[test]
fn escape_is_held_no_longer_than_told() {
    for hold in [HOLD, HOLD_REMOTE] {
        let mut decoder = Decoder::new(hold);
        assert_eq!(decoder.deadline(), None);
        assert_eq!(decoder.feed(b"\x1b", ms(7)), []);
        assert_eq!(decoder.deadline(), Some(ms(7) + hold));
        assert_eq!(decoder.expire(ms(6) + hold), None);
        assert_eq!(decoder.expire(ms(7) + hold), Some(Input::Key(Key::plain(Code::Esc))));
        assert_eq!(decoder.deadline(), None);
    }
    assert_eq!(names(&decoded(HOLD, &[b"\x1b", b"j"], ms(40))), ["<Esc>", "j"]);
    assert_eq!(names(&decoded(HOLD, &[b"\x1b\x1b"], ms(0))), ["<Esc>", "<Esc>"]);
}

#[test]
fn half_a_sequence_and_answers_that_nobody_asked_for_are_nothing() {
    for bytes in [
        &b"\x1b["[..],
        b"\x1b[1;",
        b"\x1bO",
        b"\x1b]11;rgb:0000/0000/0000\x07",
        b"\x1bP1$r0m\x1b\\",
        b"\x1b[?62;22c",
        b"\x1b[999~",
        b"\x1b[<35;3;4M",
        b"\x1b[<0;3;4m",
        b"\xff\xfe",
        b"\xc3",
    ] {
        assert_eq!(decoded(HOLD, &[bytes], ms(0)), [], "{}", bytes.escape_ascii());
    }
    assert_eq!(names(&decoded(HOLD, &[b"\xc3j"], ms(0))), ["j"]);
    // Alt-] is how an answer begins: who goes on typing is not unheard for ever.
    assert_eq!(names(&decoded(HOLD, &[b"\x1b]52;j\x1b[Bk"], ms(0))), ["<Down>", "k"]);
    let long = [b"\x1b[".as_slice(), &[b'1'; 500], b"Aj"].concat();
    assert_eq!(names(&decoded(HOLD, &[&long], ms(0))).last().map(String::as_str), Some("j"));
}

#[test]
fn a_paste_is_one_text_and_never_keys() {
    let inside = b"\x1b[200~q\x1b[A\x03\x1b[201~j";
    assert_eq!(names(&decoded(HOLD, &[inside], ms(0))), ["Paste(\"q\\u{1b}[A\\u{3}\")", "j"]);
    let long = [b"\x1b[200~".as_slice(), &vec![b'x'; 200_000], b"\x1b[201~j"].concat();
    let inputs = decoded(HOLD, &[&long], ms(0));
    assert_eq!(inputs[0], Input::Paste("x".repeat(PASTE_MOST)));
    assert_eq!(names(&inputs[1..]), ["j"]);
    // Its end was lost: what came is there, and keys work again.
    let torn = decoded(HOLD, &[b"\x1b[200~abc", b"j"], ms(3000));
    assert_eq!(names(&torn), ["Paste(\"abc\")", "j"]);
}

proptest::proptest! {
    #[test]
    fn any_bytes_at_any_pace_end(bytes: Vec<u8>, gap in 0u64..400) {
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        let inputs = decoded(HOLD, &single, ms(gap));
        proptest::prop_assert!(inputs.len() <= bytes.len());
    }
}
