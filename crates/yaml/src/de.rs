//! From a [`Node`] to a typed value, with *all* problems of it.
//!
//! serde stops at the first error. So after each one the node that caused it is left out as if it had not
//! been written, and the value is tried again, until nothing new is wrong: every problem is found by the
//! plain `derive(Deserialize)` of the type, and none hides another.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    fmt,
};

use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor, value::StrDeserializer,
};

use crate::{Entry, Node, Place, Problem, Scalar, Value, at::AT, scalar};

/// After this many tries the rest of the problems is left for the next run.
const TRIES: usize = 100;

/// The typed value of a node, or nothing and what is wrong with it.
///
/// Strict: a key that the type does not know, a key written twice, and text that some reader of YAML takes
/// for a number, a boolean, a date or null are problems.
pub fn from_node<'de, T: de::Deserialize<'de>>(node: &'de Node, problems: &mut Vec<Problem>) -> Option<T> {
    let before = problems.len();
    let value = from_node_partly(node, problems);
    if problems.len() == before { value } else { None }
}

/// Like [`from_node`], but what is wrong does not take the rest with it: the value of a node as if that had not
/// been written, so that more can be found wrong with it. Nothing, if nothing is left.
pub fn from_node_partly<'de, T: de::Deserialize<'de>>(
    node: &'de Node,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let run = Run::default();
    let mut value = None;
    for _ in 0..TRIES {
        run.progress.set(false);
        match T::deserialize(De { node, run: &run }) {
            Ok(v) => {
                value = Some(v);
                break;
            }
            Err(Error::Reported) => {}
            Err(e) => run.report(node, Problem::error(node.place, e.to_string())),
        }
        if !run.progress.get() || run.is_hole(node) {
            break;
        }
    }
    let mut found = run.problems.into_inner();
    found.sort_by_key(|p| p.place);
    problems.append(&mut found);
    value
}

/// The candidate that somebody who wrote `word` most likely meant, if one is near.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        .map(|c| (strsim::damerau_levenshtein(&lower, &c.to_lowercase()), c))
        .filter(|(distance, c)| *distance <= (c.chars().count().max(word.chars().count()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, c)| c)
}

/// What is shared by the deserializers of one [`from_node`].
#[derive(Default)]
struct Run {
    problems: RefCell<Vec<Problem>>,
    /// Addresses of nodes that are left out: they, or something in them, could not be read.
    holes: RefCell<BTreeSet<usize>>,
    /// Entries whose key was reported.
    keys: RefCell<BTreeSet<usize>>,
    progress: Cell<bool>,
}

impl Run {
    fn report(&self, node: &Node, problem: Problem) {
        if self.hole(node) {
            self.problems.borrow_mut().push(problem);
        }
    }

    /// Leaves a node out from now on; whether it was not left out before.
    fn hole(&self, node: &Node) -> bool {
        let new = self.holes.borrow_mut().insert(address(node));
        self.progress.set(self.progress.get() | new);
        new
    }

    fn is_hole(&self, node: &Node) -> bool {
        let holes = self.holes.borrow();
        !holes.is_empty() && holes.contains(&address(node))
    }

    fn report_key(&self, entry: &Entry, problem: impl FnOnce() -> Problem) {
        if self.keys.borrow_mut().insert(address(entry)) {
            self.problems.borrow_mut().push(problem());
        }
    }
}

/// Tells nodes of one tree apart, also where an alias put equal ones in two places.
fn address<T>(value: &T) -> usize {
    std::ptr::from_ref(value) as usize
}

#[derive(Debug)]
enum Error {
    /// The problem is in the list already.
    Reported,
    /// A field of the type was not there.
    Missing(&'static str),
    Message(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Reported => f.write_str("already reported"),
            Error::Missing(field) => write!(f, "`{field}` is missing"),
            Error::Message(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Error::Message(message.to_string())
    }

    fn missing_field(field: &'static str) -> Self {
        Error::Missing(field)
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let near = nearest(variant, expected.iter().copied());
        Error::Message(match near {
            Some(near) => format!("`{variant}` is not known here: did you mean `{near}`?"),
            None => format!("`{variant}` is not known here: use {}", one_of(expected)),
        })
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let near = nearest(field, expected.iter().copied());
        Error::Message(match near {
            Some(near) => format!("`{field}` is not a key that is known here: did you mean `{near}`?"),
            None => format!("`{field}` is not a key that is known here: use {}", one_of(expected)),
        })
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Error::Message(format!("expected {expected}, found {}", found(unexpected)))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Error::invalid_type(unexpected, expected)
    }
}

fn found(unexpected: Unexpected<'_>) -> String {
    match unexpected {
        Unexpected::Str(s) => format!("the text `{s}`"),
        Unexpected::Signed(n) => format!("the number `{n}`"),
        Unexpected::Unsigned(n) => format!("the number `{n}`"),
        Unexpected::Bool(b) => format!("`{b}`"),
        Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a map".to_owned(),
        other => other.to_string(),
    }
}

/// `` `a`, `b` or `c` ``.
fn one_of(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|w| format!("`{w}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => "nothing".to_owned(),
    }
}

#[derive(Clone, Copy)]
struct De<'de, 'r> {
    node: &'de Node,
    run: &'r Run,
}

impl<'de> De<'de, '_> {
    /// Reports at this node what went wrong while it was read.
    fn settle<T>(self, result: Result<T, Error>) -> Result<T, Error> {
        result.map_err(|e| {
            let missing_was_left_out = match &e {
                Error::Missing(field) => {
                    self.node.entries().iter().any(|e| &*e.key.text == *field && self.run.is_hole(&e.value))
                }
                _ => false,
            };
            match e {
                Error::Reported => {}
                _ if missing_was_left_out => {
                    self.run.hole(self.node);
                }
                // What is wrong with a map of which something is left out may only follow from that.
                Error::Message(_) if self.is_partial() => {
                    self.run.hole(self.node);
                }
                e => self.run.report(self.node, Problem::error(self.head(), e.to_string())),
            }
            Error::Reported
        })
    }

    /// Whether this is a map of which an entry is left out.
    fn is_partial(self) -> bool {
        let keys = self.run.keys.borrow();
        self.node.entries().iter().any(|e| self.run.is_hole(&e.value) || keys.contains(&address(e)))
    }

    /// The place to point at: all of a scalar, but only the start of what goes over many lines.
    fn head(self) -> Place {
        match &self.node.value {
            Value::Scalar(_) => self.node.place,
            Value::List(_) => Place { end: self.node.place.start + 1, ..self.node.place },
            Value::Map(entries) => match entries.first() {
                Some(first) => first.key_place,
                None => self.node.place,
            },
        }
    }

    fn unexpected(self) -> Unexpected<'de> {
        match &self.node.value {
            Value::Scalar(s) if s.is_null() => Unexpected::Unit,
            Value::Scalar(s) => match scalar::integer(&s.text).map(i64::try_from) {
                Some(Ok(n)) if s.plain => Unexpected::Signed(n),
                _ => Unexpected::Str(&s.text),
            },
            Value::List(_) => Unexpected::Seq,
            Value::Map(_) => Unexpected::Map,
        }
    }

    fn wrong<T>(self, expected: &str) -> Result<T, Error> {
        let message = format!("expected {expected}, found {}", found(self.unexpected()));
        self.settle(Err(Error::Message(message)))
    }

    fn not_a_map<T>(self) -> Result<T, Error> {
        if self.node.is_null() {
            let problem = Problem::error(self.node.place, "expected a map, found nothing");
            return self.report(problem.help("where there is nothing to say, write `{}`"));
        }
        self.wrong("a map")
    }

    fn report<T>(self, problem: Problem) -> Result<T, Error> {
        self.run.report(self.node, problem);
        Err(Error::Reported)
    }

    fn integer<T: TryFrom<i128>>(self, expected: &str) -> Result<T, Error> {
        let Value::Scalar(s) = &self.node.value else { return self.wrong(expected) };
        let number = if s.plain { scalar::integer(&s.text) } else { None };
        match number.map(T::try_from) {
            Some(Ok(n)) => Ok(n),
            None if s.plain && scalar::is_number_to_someone(&s.text) => self.report(
                Problem::error(
                    self.node.place,
                    format!("`{}` is not the same number to every reader of YAML", s.text),
                )
                .help("write a decimal number without leading zeros, signs or underscores"),
            ),
            None if !s.plain && scalar::integer(&s.text).is_some() => self.report(
                Problem::error(self.node.place, format!("expected {expected}, found the text `{}`", s.text))
                    .help(format!("write it without quotes: {}", s.text)),
            ),
            Some(Err(_)) | None => self.wrong(expected),
        }
    }

    fn text(self, expected: &str) -> Result<&'de str, Error> {
        let Value::Scalar(s) = &self.node.value else { return self.wrong(expected) };
        if s.is_null() {
            return self.wrong(expected);
        }
        if s.plain && !scalar::is_text_everywhere(&s.text) {
            return self.report(
                Problem::error(
                    self.node.place,
                    format!("`{}` without quotes is {}", s.text, mistake(&s.text)),
                )
                .help(format!("write it in quotes: \"{}\"", s.text)),
            );
        }
        Ok(&s.text)
    }

    fn check_keys(self, entries: &'de [Entry], known: Option<&'static [&'static str]>) {
        for (i, entry) in entries.iter().enumerate() {
            let key = &*entry.key.text;
            if let Some(known) = known
                && !known.contains(&key)
            {
                self.run.report_key(entry, || unknown_key(entry, known));
                continue;
            }
            // Large maps are sorted once by `duplicates`; small ones are faster to compare.
            if entries.len() <= 16
                && let Some(first) = entries.iter().take(i).find(|e| *e.key.text == *key)
            {
                self.run.report_key(entry, || twice(first, entry));
            }
        }
        if entries.len() > 16 {
            let mut sorted: Vec<&Entry> = entries.iter().collect();
            sorted.sort_by_key(|e| (&e.key.text, e.key_place));
            for pair in sorted.windows(2) {
                if let [first, second] = pair
                    && first.key.text == second.key.text
                {
                    self.run.report_key(second, || twice(first, second));
                }
            }
        }
    }

    fn map<V: Visitor<'de>>(
        self,
        known: Option<&'static [&'static str]>,
        visitor: V,
    ) -> Result<V::Value, Error> {
        let Value::Map(entries) = &self.node.value else { return self.settle(visitor.visit_unit()) };
        self.check_keys(entries, known);
        self.settle(visitor.visit_map(Entries { known, rest: entries.iter(), value: None, run: self.run }))
    }
}

/// What plain text is taken for that should be text, and by whom.
fn mistake(text: &str) -> String {
    let what = scalar::mistaken_for(text);
    let to_all = scalar::decimal(text).is_some() || matches!(text, "true" | "false" | "null");
    if to_all { what.to_owned() } else { format!("{what} to some readers of YAML") }
}

fn unknown_key(entry: &Entry, known: &[&str]) -> Problem {
    let problem =
        Problem::error(entry.key_place, format!("`{}` is not a key that is known here", entry.key.text));
    match nearest(&entry.key.text, known.iter().copied()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None if known.is_empty() => problem.help("nothing can be said here"),
        None => problem.help(format!("use {}", one_of(known))),
    }
}

fn twice(first: &Entry, second: &Entry) -> Problem {
    Problem::error(second.key_place, format!("`{}` is said twice", second.key.text))
        .related(first.key_place, "said first here")
        .help("keep one of them")
}

macro_rules! integers {
    ($($method:ident $visit:ident $type:ty, $expected:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let n: $type = self.integer($expected)?;
            self.settle(visitor.$visit(n))
        }
    )*};
}

impl<'de> Deserializer<'de> for De<'de, '_> {
    type Error = Error;

    integers! {
        deserialize_u8 visit_u8 u8, "a number from 0 to 255";
        deserialize_u16 visit_u16 u16, "a number from 0 to 65535";
        deserialize_u32 visit_u32 u32, "a whole number, 0 or more";
        deserialize_u64 visit_u64 u64, "a whole number, 0 or more";
        deserialize_i8 visit_i8 i8, "a number from -128 to 127";
        deserialize_i16 visit_i16 i16, "a number from -32768 to 32767";
        deserialize_i32 visit_i32 i32, "a whole number";
        deserialize_i64 visit_i64 i64, "a whole number";
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.value {
            Value::Map(_) => self.map(None, visitor),
            Value::List(_) => self.deserialize_seq(visitor),
            Value::Scalar(s) if s.is_null() => self.settle(visitor.visit_unit()),
            Value::Scalar(Scalar { text, plain: true }) => match (&**text, scalar::integer(text)) {
                ("true", _) => self.settle(visitor.visit_bool(true)),
                ("false", _) => self.settle(visitor.visit_bool(false)),
                (_, Some(n)) => match (u64::try_from(n), i64::try_from(n)) {
                    (Ok(n), _) => self.settle(visitor.visit_u64(n)),
                    (_, Ok(n)) => self.settle(visitor.visit_i64(n)),
                    _ => self.wrong("a number of 64 bits"),
                },
                (text, None) => match scalar::decimal(text) {
                    Some(x) => self.settle(visitor.visit_f64(x)),
                    None => self.deserialize_str(visitor),
                },
            },
            Value::Scalar(s) => self.settle(visitor.visit_borrowed_str(&s.text)),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.value {
            Value::Scalar(Scalar { text, plain: true }) if &**text == "true" => {
                self.settle(visitor.visit_bool(true))
            }
            Value::Scalar(Scalar { text, plain: true }) if &**text == "false" => {
                self.settle(visitor.visit_bool(false))
            }
            _ => self.wrong("`true` or `false`"),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.value {
            Value::Scalar(Scalar { text, plain: true }) => match scalar::decimal(text) {
                Some(x) => self.settle(visitor.visit_f64(x)),
                None => self.wrong("a number"),
            },
            _ => self.wrong("a number"),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let text = self.text("text")?;
        self.settle(visitor.visit_borrowed_str(text))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.node.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.node.is_null() { self.settle(visitor.visit_unit()) } else { self.wrong("nothing") }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name == AT {
            let place = self.head();
            return visitor.visit_seq(Located { place: Some(place), value: Some(self) });
        }
        let result = visitor.visit_newtype_struct(self);
        self.settle(result)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Value::List(items) = &self.node.value else { return self.wrong("a list") };
        self.settle(visitor.visit_seq(Items { rest: items.iter(), run: self.run }))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.value {
            Value::Map(_) => self.map(None, visitor),
            _ => self.not_a_map(),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.node.value {
            Value::Map(_) => self.map(Some(fields), visitor),
            _ => self.not_a_map(),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.node.value {
            Value::Scalar(s) if !s.is_null() => {
                // A variant's name may be a word that YAML 1.1 types, but never one that we would guess at.
                let text = if variants.contains(&&*s.text) { &*s.text } else { self.text("a word")? };
                self.settle(visitor.visit_enum(Variant { name: text, at: self, value: None }))
            }
            Value::Map(entries) => match entries.as_slice() {
                [entry] if self.run.is_hole(&entry.value) => {
                    self.run.hole(self.node);
                    Err(Error::Reported)
                }
                [entry] => {
                    if !variants.contains(&&*entry.key.text) {
                        return self.report(unknown_key(entry, variants));
                    }
                    let value = De { node: &entry.value, run: self.run };
                    self.settle(visitor.visit_enum(Variant {
                        name: &entry.key.text,
                        at: self,
                        value: Some(value),
                    }))
                }
                [] => self.wrong(&one_of(variants)),
                _ => self.report(
                    Problem::error(self.head(), format!("expected exactly one of {}", one_of(variants)))
                        .help(format!("found {} keys: keep one", entries.len())),
                ),
            },
            _ => self.wrong(&one_of(variants)),
        }
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
}

/// The entries of a mapping, without those that are left out.
struct Entries<'de, 'r> {
    known: Option<&'static [&'static str]>,
    rest: std::slice::Iter<'de, Entry>,
    value: Option<&'de Node>,
    run: &'r Run,
}

impl<'de> MapAccess<'de> for Entries<'de, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        for entry in self.rest.by_ref() {
            let unknown = self.known.is_some_and(|known| !known.contains(&&*entry.key.text));
            if unknown || self.run.is_hole(&entry.value) || self.run.keys.borrow().contains(&address(entry)) {
                continue;
            }
            self.value = Some(&entry.value);
            return match seed.deserialize(KeyDe { entry, run: self.run }) {
                Ok(key) => Ok(Some(key)),
                Err(Error::Reported) => Err(Error::Reported),
                Err(e) => {
                    self.run.report(&entry.value, Problem::error(entry.key_place, e.to_string()));
                    Err(Error::Reported)
                }
            };
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let Some(node) = self.value.take() else { return Err(Error::custom("a value without a key")) };
        let de = De { node, run: self.run };
        de.settle(seed.deserialize(de))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// The items of a sequence, without those that are left out.
struct Items<'de, 'r> {
    rest: std::slice::Iter<'de, Node>,
    run: &'r Run,
}

impl<'de> SeqAccess<'de> for Items<'de, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let Some(node) = self.rest.by_ref().find(|node| !self.run.is_hole(node)) else { return Ok(None) };
        let de = De { node, run: self.run };
        de.settle(seed.deserialize(de)).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// A key of a mapping. Keys are always text: `no: 1` says the key "no".
struct KeyDe<'de, 'r> {
    entry: &'de Entry,
    run: &'r Run,
}

impl<'de> Deserializer<'de> for KeyDe<'de, '_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let key = &self.entry.key;
        if key.plain && !scalar::is_text_everywhere(&key.text) {
            self.run.report(
                &self.entry.value,
                Problem::error(
                    self.entry.key_place,
                    format!("the key `{}` without quotes is {}", key.text, mistake(&key.text)),
                )
                .help(format!("write it in quotes: \"{}\"", key.text)),
            );
            return Err(Error::Reported);
        }
        visitor.visit_borrowed_str(&key.text)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(&self.entry.key.text)
    }

    /// Keys of numbers, as in `portLevelMtls: { 8080: STRICT }`.
    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match scalar::integer(&self.entry.key.text).map(u16::try_from) {
            Some(Ok(n)) => visitor.visit_u16(n),
            _ => Err(Error::Message(format!(
                "expected a number from 0 to 65535 as key, found `{}`",
                self.entry.key.text
            ))),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let name: StrDeserializer<'_, Error> = (&*self.entry.key.text).into_deserializer();
        visitor.visit_enum(name)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name == AT {
            let place = self.entry.key_place;
            return visitor.visit_seq(Located { place: Some(place), value: Some(self) });
        }
        visitor.visit_newtype_struct(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct seq tuple tuple_struct map struct ignored_any
    }
}

/// What an [`crate::At`] is made of: a place, then the value.
struct Located<D> {
    place: Option<Place>,
    value: Option<D>,
}

impl<'de, D: Deserializer<'de, Error = Error>> SeqAccess<'de> for Located<D> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        if let Some(place) = self.place.take() {
            let parts = [place.file.0, place.start, place.end];
            let seq = de::value::SeqDeserializer::<_, Error>::new(parts.into_iter());
            return seed.deserialize(seq).map(Some);
        }
        self.value.take().map(|value| seed.deserialize(value)).transpose()
    }
}

/// The chosen variant of an enum: a bare word, or the only key of a map with its value.
struct Variant<'de, 'r> {
    name: &'de str,
    at: De<'de, 'r>,
    value: Option<De<'de, 'r>>,
}

impl<'de> EnumAccess<'de> for Variant<'de, '_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let name: StrDeserializer<'_, Error> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de, '_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.value {
            Some(value) if !value.node.is_null() => {
                value.wrong(&format!("`{}` alone, without a value", self.name))
            }
            _ => Ok(()),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        match self.value {
            Some(value) => value.settle(seed.deserialize(value)),
            None => self.at.report(
                Problem::error(self.at.node.place, format!("`{}` needs a value", self.name))
                    .help(format!("write a map: `{}: {{ … }}`", self.name)),
            ),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Some(value) => value.deserialize_tuple(len, visitor),
            None => self.at.wrong("a list"),
        }
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.value {
            Some(value) => value.deserialize_struct("", fields, visitor),
            None => self.at.wrong("a map"),
        }
    }
}
