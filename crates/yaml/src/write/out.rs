//! The text that is being written, and the ways in which text can stand in it.

use std::{
    fmt::{self, Write as _},
    io,
};

use super::Error;
use crate::scalar;

/// How many bytes are collected before they go to a writer.
const CHUNK: usize = 1 << 16;

/// Spaces, to cut an indentation from.
const SPACES: &str = "                                                                ";

/// What has been written, and where it goes when there is enough of it.
pub(super) struct Out<'w> {
    pub(super) text: String,
    sink: Option<&'w mut dyn io::Write>,
}

impl<'w> Out<'w> {
    /// Few objects are larger than the space that this sets aside, so for most the text is never moved.
    pub(super) fn new(sink: Option<&'w mut dyn io::Write>) -> Self {
        Out { text: String::with_capacity(if sink.is_some() { 4096 } else { 256 }), sink }
    }

    /// Hands everything to the writer, if there is one.
    pub(super) fn flush(&mut self) -> Result<(), Error> {
        if let Some(sink) = &mut self.sink {
            sink.write_all(self.text.as_bytes()).map_err(Error::Io)?;
            self.text.clear();
        }
        Ok(())
    }

    /// Ends a line.
    pub(super) fn line(&mut self) -> Result<(), Error> {
        self.text.push('\n');
        if self.text.len() >= CHUNK { self.flush() } else { Ok(()) }
    }

    pub(super) fn spaces(&mut self, mut count: usize) {
        while let Some(rest) = count.checked_sub(SPACES.len()) {
            self.text.push_str(SPACES);
            count = rest;
        }
        self.text.push_str(SPACES.get(..count).unwrap_or_default());
    }

    pub(super) fn display(&mut self, value: impl fmt::Display) {
        // Writing to a `String` does not fail.
        let _ = write!(self.text, "{value}");
    }

    /// A float in the form that every reader agrees on.
    pub(super) fn float(&mut self, shortest: impl fmt::Debug) {
        let start = self.text.len();
        let _ = write!(self.text, "{shortest:?}");
        let Some((mantissa, exponent)) = self.text.get(start..).and_then(|x| x.split_once('e')) else {
            return;
        };
        // YAML 1.1 wants a point in the mantissa and a sign before the exponent.
        let (has_point, has_sign) = (mantissa.contains('.'), exponent.starts_with('-'));
        let at = start + mantissa.len();
        if !has_sign {
            self.text.insert(at + 1, '+');
        }
        if !has_point {
            self.text.insert_str(at, ".0");
        }
    }

    fn quoted(&mut self, text: &str) {
        self.text.push('"');
        let mut rest = text;
        while let Some(at) = rest.find(|c| c == '"' || c == '\\' || !scalar::is_visible(c)) {
            let (plain, odd) = rest.split_at(at);
            self.text.push_str(plain);
            let mut odd = odd.chars();
            match odd.next().unwrap_or_default() {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '\n' => self.text.push_str("\\n"),
                '\r' => self.text.push_str("\\r"),
                '\t' => self.text.push_str("\\t"),
                c if u32::from(c) < 0x100 => self.display(format_args!("\\x{:02X}", u32::from(c))),
                c if u32::from(c) < 0x10000 => self.display(format_args!("\\u{:04X}", u32::from(c))),
                c => self.display(format_args!("\\U{:08X}", u32::from(c))),
            }
            rest = odd.as_str();
        }
        self.text.push_str(rest);
        self.text.push('"');
    }

    /// Text on one line.
    pub(super) fn flat(&mut self, text: &str) {
        if scalar::is_plain_safe(text) { self.text.push_str(text) } else { self.quoted(text) }
    }

    /// Text as a literal block, without the last line break.
    pub(super) fn block(&mut self, text: &str, indent: usize) {
        let starts_with_space = text.trim_start_matches('\n').starts_with([' ', '\t']);
        self.text.push('|');
        if starts_with_space {
            // Else the reader would take the space for indentation; a tab there stops libyaml.
            self.text.push('2');
        }
        let body = match text.strip_suffix('\n') {
            None => {
                self.text.push('-');
                text
            }
            Some(body) => {
                if body.ends_with('\n') {
                    self.text.push('+');
                }
                body
            }
        };
        for line in body.split('\n') {
            self.text.push('\n');
            if !line.is_empty() {
                self.spaces(indent);
                self.text.push_str(line);
            }
        }
    }
}

/// Whether text is one that a literal block shows as it is: several lines, of which none ends in white space
/// that an editor would take away, and the first line that says something is there.
pub(super) fn is_block(text: &str) -> bool {
    text.contains('\n')
        && text.bytes().any(|b| b != b'\n')
        && text.split('\n').all(|line| {
            !line.ends_with([' ', '\t'])
                && (line.bytes().all(|b| matches!(b, b'\t' | b' '..=b'~'))
                    || line.chars().all(|c| c == '\t' || scalar::is_visible(c)))
        })
}
