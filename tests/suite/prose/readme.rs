//! The README as blocks and tables.
//!
//! Must not do: know what they should say.

use std::path::Path;

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of it.
pub fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// The README.
pub fn whole() -> String {
    read("README.md")
}

/// A fenced block.
pub struct Block {
    pub language: String,
    pub text: String,
    /// It stands under a `<!-- not run: reason -->`.
    pub only_parsed: bool,
    /// The line before it.
    pub above: String,
}

impl Block {
    /// Its lines, those that end in a backslash joined with the next.
    pub fn commands(&self) -> Vec<String> {
        let joined = self.text.replace("\\\n", " ");
        let lines = joined.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" "));
        lines.filter(|l| !l.is_empty() && !l.starts_with('#')).collect()
    }
}

/// Its fenced blocks.
pub fn blocks() -> Vec<Block> {
    let text = whole();
    let (mut found, mut before) = (Vec::new(), "");
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let body = lines.by_ref().take_while(|l| *l != "```");
            found.push(Block {
                language: language.to_owned(),
                text: body.flat_map(|l| [l, "\n"]).collect(),
                only_parsed: before.starts_with("<!-- not run: "),
                above: before.to_owned(),
            });
        }
        before = line;
    }
    found
}

/// The only block of a language that is used as it stands.
pub fn block(language: &str) -> String {
    let of = blocks().into_iter().filter(|b| b.language == language && !b.only_parsed);
    let of: Vec<Block> = of.collect();
    assert_eq!(of.len(), 1, "one block of {language}");
    of.into_iter().next().unwrap().text
}

/// The rows of the first table after `heading` whose header begins with `first`.
pub fn table(heading: &str, first: &str) -> Vec<Vec<String>> {
    let text = whole();
    let (_, after) = text.split_once(&format!("# {heading}\n")).expect(heading);
    let start = after.find(&format!("| {first} |")).unwrap_or_else(|| panic!("no table {first}"));
    let rows = after[start..].lines().skip(2).take_while(|l| l.starts_with('|'));
    rows.map(|r| r.trim_matches('|').split(" | ").map(|c| c.trim().to_owned()).collect()).collect()
}

/// What stands between backticks.
pub fn codes(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// What stands between backticks in the first column.
pub fn first_codes(heading: &str, first: &str) -> Vec<String> {
    table(heading, first).iter().flat_map(|row| codes(&row[0])).collect()
}
