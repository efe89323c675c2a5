//! Calico's selectors.
//!
//! Source: `libcalico-go/lib/selector/parser` and `tokenizer`: `==`, `!=`, `in {…}`, `not in {…}`, `contains`,
//! `starts with`, `ends with`, `has(k)`, `all()`, `global()`, `!`, `&&`, `||`, parentheses. Strings stand in either
//! quotes and know no escapes. `!=` and `not in` hold for a label that is absent.

use super::model::Labels;

/// A selector, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// `all()`, and the empty selector.
    All,
    /// `global()`.
    Global,
    /// `has(k)`.
    Has(String),
    /// `k == "v"`.
    Equal(String, String),
    /// `k != "v"`.
    NotEqual(String, String),
    /// `k in {"v"}`.
    In(String, Vec<String>),
    /// `k not in {"v"}`.
    NotIn(String, Vec<String>),
    /// `k contains "v"`.
    Contains(String, String),
    /// `k starts with "v"`.
    StartsWith(String, String),
    /// `k ends with "v"`.
    EndsWith(String, String),
    /// `!x`.
    Not(Box<Selector>),
    /// `a && b`.
    And(Vec<Selector>),
    /// `a || b`.
    Or(Vec<Selector>),
}

impl Selector {
    /// Whether something with `labels` is selected. `global()` selects what has no namespace: never a pod.
    pub fn matches(&self, labels: &Labels) -> bool {
        let text = |key: &str| labels.get(key).map(String::as_str);
        match self {
            Selector::All => true,
            Selector::Global => false,
            Selector::Has(k) => text(k).is_some(),
            Selector::Equal(k, v) => text(k) == Some(v),
            Selector::NotEqual(k, v) => text(k) != Some(v),
            Selector::In(k, vs) => text(k).is_some_and(|t| vs.iter().any(|v| v == t)),
            Selector::NotIn(k, vs) => text(k).is_none_or(|t| vs.iter().all(|v| v != t)),
            Selector::Contains(k, v) => text(k).is_some_and(|t| t.contains(v)),
            Selector::StartsWith(k, v) => text(k).is_some_and(|t| t.starts_with(v)),
            Selector::EndsWith(k, v) => text(k).is_some_and(|t| t.ends_with(v)),
            Selector::Not(s) => !s.matches(labels),
            Selector::And(all) => all.iter().all(|s| s.matches(labels)),
            Selector::Or(any) => any.iter().any(|s| s.matches(labels)),
        }
    }
}

/// What may stand between words: no line break.
const BLANK: [char; 2] = [' ', '\t'];

/// Reads a selector; none if it is not one.
pub fn parse(text: &str) -> Option<Selector> {
    let mut rest = Rest(text.trim_matches(BLANK));
    if rest.0.is_empty() {
        return Some(Selector::All);
    }
    let selector = rest.or()?;
    rest.0.trim_matches(BLANK).is_empty().then_some(selector)
}

/// What has not been read yet.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    /// Takes `token` if it is next.
    fn take(&mut self, token: &str) -> Option<()> {
        self.0 = self.0.trim_start_matches(BLANK).strip_prefix(token)?;
        Some(())
    }

    /// Takes a word if it is next and ends there.
    fn word(&mut self, word: &str) -> Option<()> {
        let after = self.0.trim_start_matches(BLANK).strip_prefix(word)?;
        if after.starts_with(is_label) {
            return None;
        }
        self.0 = after;
        Some(())
    }

    fn label(&mut self) -> Option<String> {
        let text = self.0.trim_start_matches(BLANK);
        let end = text.find(|c| !is_label(c)).unwrap_or(text.len());
        let (label, after) = text.split_at_checked(end)?;
        self.0 = after;
        (!label.is_empty()).then(|| label.to_owned())
    }

    fn string(&mut self) -> Option<String> {
        let text = self.0.trim_start_matches(BLANK);
        let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (string, after) = text.strip_prefix(quote)?.split_once(quote)?;
        self.0 = after;
        Some(string.to_owned())
    }

    fn strings(&mut self) -> Option<Vec<String>> {
        self.take("{")?;
        let mut all = Vec::new();
        // A comma may follow the last one.
        while let Some(one) = self.string() {
            all.push(one);
            if self.take(",").is_none() {
                break;
            }
        }
        self.take("}")?;
        Some(all)
    }

    fn or(&mut self) -> Option<Selector> {
        let mut any = vec![self.and()?];
        while self.take("||").is_some() {
            any.push(self.and()?);
        }
        Some(if any.len() == 1 { any.pop()? } else { Selector::Or(any) })
    }

    fn and(&mut self) -> Option<Selector> {
        let mut all = vec![self.not()?];
        while self.take("&&").is_some() {
            all.push(self.not()?);
        }
        Some(if all.len() == 1 { all.pop()? } else { Selector::And(all) })
    }

    fn not(&mut self) -> Option<Selector> {
        if self.take("!").is_some() {
            return Some(Selector::Not(Box::new(self.not()?)));
        }
        if self.take("(").is_some() {
            let inner = self.or()?;
            self.take(")")?;
            return Some(inner);
        }
        self.call().or_else(|| self.comparison())
    }

    /// `all()`, `global()`, `has(k)`.
    fn call(&mut self) -> Option<Selector> {
        let start = self.0;
        let mut read = || {
            if self.take("all(").is_some() {
                self.take(")")?;
                return Some(Selector::All);
            }
            if self.take("global(").is_some() {
                self.take(")")?;
                return Some(Selector::Global);
            }
            self.take("has(")?;
            let label = self.label()?;
            self.take(")")?;
            Some(Selector::Has(label))
        };
        let found = read();
        if found.is_none() {
            self.0 = start;
        }
        found
    }

    fn comparison(&mut self) -> Option<Selector> {
        let key = self.label()?;
        if self.take("==").is_some() {
            return Some(Selector::Equal(key, self.string()?));
        }
        if self.take("!=").is_some() {
            return Some(Selector::NotEqual(key, self.string()?));
        }
        if self.word("in").is_some() {
            return Some(Selector::In(key, self.strings()?));
        }
        if self.word("not").is_some() {
            self.word("in")?;
            return Some(Selector::NotIn(key, self.strings()?));
        }
        if self.word("notin").is_some() {
            return Some(Selector::NotIn(key, self.strings()?));
        }
        if self.word("contains").is_some() {
            return Some(Selector::Contains(key, self.string()?));
        }
        if self.word("startswith").is_some() {
            return Some(Selector::StartsWith(key, self.string()?));
        }
        if self.word("endswith").is_some() {
            return Some(Selector::EndsWith(key, self.string()?));
        }
        if self.word("starts").is_some() {
            self.word("with")?;
            return Some(Selector::StartsWith(key, self.string()?));
        }
        self.word("ends")?;
        self.word("with")?;
        Some(Selector::EndsWith(key, self.string()?))
    }
}

fn is_label(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-')
}
