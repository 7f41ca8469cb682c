//! One Rust file as tokens: which rooms and crates it names, how long its functions are.
//!
//! Must not do: look into what is compiled for tests only; a test may use what it likes.

use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A file with its name below the repository's root.
pub struct Source {
    pub name: String,
    pub text: String,
    /// Flat, groups opened, `#[cfg(test)]` items left out.
    words: Vec<Word>,
    functions: Vec<(String, usize, usize)>,
}

struct Word {
    text: String,
    line: usize,
}

impl Source {
    pub fn read(root: &Path, path: &Path) -> Self {
        let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        Self::parse(name, std::fs::read_to_string(path).unwrap())
    }

    fn parse(name: String, text: String) -> Self {
        let tokens: TokenStream =
            text.parse().unwrap_or_else(|e| panic!("{name} is not Rust: {e}"));
        let mut source = Self { name, text, words: Vec::new(), functions: Vec::new() };
        source.functions_of(tokens.clone());
        if !source.is_test() {
            source.flatten(tokens);
        }
        source
    }

    fn is_test(&self) -> bool {
        let stem = self.name.trim_end_matches(".rs");
        stem.ends_with("_test") || stem.split('/').any(|p| p == "tests" || p == "test")
    }

    /// The room that the file belongs to; `None` for the map and the wiring.
    pub fn room(&self) -> Option<String> {
        let inside = self.name.strip_prefix("src/")?;
        let room = inside.split(['/', '.']).next()?;
        (!["lib", "main", "wiring"].contains(&room)).then(|| room.to_owned())
    }

    /// Every `crate::ROOM`, also inside `use crate::{a, b::c}`.
    pub fn rooms_used(&self) -> Vec<(usize, String)> {
        let is = |at: usize, text: &str| self.words.get(at).is_some_and(|w| w.text == text);
        let mut used = Vec::new();
        for at in 0..self.words.len() {
            let path = is(at, "crate") && is(at + 1, ":") && is(at + 2, ":");
            // `pub(crate)` and `$crate` are no such paths, or another file's
            if !path {
                continue;
            }
            if is(at + 3, "{") {
                used.extend(self.heads_of_group(at + 3));
            } else if let Some(word) = self.words.get(at + 3) {
                used.push((word.line, word.text.clone()));
            }
        }
        used
    }

    fn heads_of_group(&self, open: usize) -> Vec<(usize, String)> {
        let (mut depth, mut heads, mut head_due) = (0, Vec::new(), true);
        for word in &self.words[open..] {
            match word.text.as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                "," if depth == 1 => head_due = true,
                text if depth == 1 && head_due => {
                    heads.push((word.line, text.to_owned()));
                    head_due = false;
                }
                _ => (),
            }
            if depth == 0 {
                break;
            }
        }
        heads
    }

    /// Lines on which a word, or a path such as `std::fs`, stands as code.
    pub fn lines_naming(&self, path: &str) -> Vec<usize> {
        let parts: Vec<&str> = path.split("::").collect();
        let named = |at: usize| {
            parts
                .iter()
                .enumerate()
                .all(|(n, part)| self.words.get(at + 3 * n).is_some_and(|w| w.text == *part))
        };
        // a lone word counts as a crate only at the head of a path, or as a keyword or macro
        let head = |at: usize| {
            let after = self.words.get(at + 1).map(|w| w.text.as_str());
            let before = at.checked_sub(1).map(|b| self.words[b].text.as_str());
            parts.len() > 1
                || (after == Some(":") && before != Some(":") && self.double_colon(at + 1))
                || after == Some("!")
                || (before == Some("use") && after == Some(";"))
                || path == "async"
        };
        let hits = (0..self.words.len()).filter(|&at| named(at) && head(at));
        hits.map(|at| self.words[at].line).collect()
    }

    fn double_colon(&self, at: usize) -> bool {
        self.words.get(at + 1).is_some_and(|w| w.text == ":")
    }

    /// Lines that are neither blank nor comment.
    pub fn code_lines(&self) -> usize {
        let lines = self.text.lines().map(str::trim);
        lines.filter(|l| !l.is_empty() && !l.starts_with("//")).count()
    }

    /// Name, first line and length of every function with a body.
    pub fn functions(&self) -> impl Iterator<Item = (&str, usize, usize)> {
        self.functions.iter().map(|(name, line, length)| (name.as_str(), *line, *length))
    }

    fn flatten(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            if let (TokenTree::Punct(hash), Some(TokenTree::Group(group))) = (&token, tokens.peek())
                && hash.as_char() == '#'
                && is_cfg_test(&group.stream())
            {
                // the item: up to its body or its semicolon
                for skipped in tokens.by_ref().skip(1) {
                    let brace = matches!(&skipped, TokenTree::Group(g)
                        if g.delimiter() == Delimiter::Brace);
                    if brace || matches!(&skipped, TokenTree::Punct(p) if p.as_char() == ';') {
                        break;
                    }
                }
                continue;
            }
            let line = token.span().start().line;
            match token {
                TokenTree::Group(group) => {
                    let (open, close) = match group.delimiter() {
                        Delimiter::Brace => ("{", "}"),
                        Delimiter::Parenthesis => ("(", ")"),
                        Delimiter::Bracket => ("[", "]"),
                        Delimiter::None => ("", ""),
                    };
                    self.words.push(Word { text: open.to_owned(), line });
                    self.flatten(group.stream());
                    self.words.push(Word { text: close.to_owned(), line });
                }
                TokenTree::Literal(_) => self.words.push(Word { text: "\"\"".to_owned(), line }),
                other => self.words.push(Word { text: other.to_string(), line }),
            }
        }
    }

    fn functions_of(&mut self, tokens: TokenStream) {
        let mut open: Option<(String, usize)> = None;
        let mut after_fn = false;
        for token in tokens {
            match token {
                TokenTree::Ident(word) if after_fn => {
                    open = Some((word.to_string(), word.span().start().line));
                    after_fn = false;
                }
                TokenTree::Ident(word) => after_fn = word == "fn",
                TokenTree::Punct(p) if p.as_char() == ';' => open = None,
                TokenTree::Group(group) => {
                    if group.delimiter() == Delimiter::Brace
                        && let Some((name, line)) = open.take()
                    {
                        let end = group.span_close().end().line;
                        self.functions.push((name, line, end - line + 1));
                    }
                    self.functions_of(group.stream());
                }
                _ => after_fn = false,
            }
        }
    }
}

fn is_cfg_test(attribute: &TokenStream) -> bool {
    let text: String = attribute.to_string().split_whitespace().collect();
    text == "cfg(test)"
}

/// The scanner itself: a rule that finds nothing anywhere would be a rule that looks nowhere.
#[test]
fn tokens_find_what_is_there_and_only_that() {
    let text = r#"
        //! crate::tui is only prose here
        use crate::{domain::Serial, store::{self, codec}};
        fn f() { let t = jiff::Timestamp::now(); crate::app::run("crate::headless"); }
        pub(crate) async fn g(serde: u8) { redb::open(serde) }
        #[cfg(test)]
        mod tests { use crate::lab::World; fn f() { tokio::spawn() } }
        fn long() {
        }
    "#;
    let source = Source::parse("src/engine/x.rs".to_owned(), text.to_owned());
    let used: Vec<String> = source.rooms_used().into_iter().map(|(_, room)| room).collect();
    assert_eq!(used, ["domain", "store", "app"]);
    assert_eq!(source.room().as_deref(), Some("engine"));
    assert_eq!(source.lines_naming("Timestamp::now"), [4]);
    assert_eq!(source.lines_naming("redb"), [5]);
    assert_eq!(source.lines_naming("async"), [5]);
    assert!(source.lines_naming("serde").is_empty() && source.lines_naming("tokio").is_empty());
    let functions: Vec<_> = source.functions().collect();
    assert_eq!(functions, [("f", 4, 1), ("g", 5, 1), ("f", 7, 1), ("long", 8, 2)]);
}
