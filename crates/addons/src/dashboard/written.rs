//! How dashboards are written: a line for each panel, so that a change shows as one, and no blanks in it, so that
//! dashboards are small. `kubectl apply` keeps a copy of each object in an annotation of at most 256 KiB.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// How deep lines are broken: the dashboard's fields, and the items of its lists.
const DEPTH: usize = 2;

/// The dashboard as JSON, ending in a line break.
pub(super) fn json<T: Serialize>(dashboard: &T) -> Result<String, serde_json::Error> {
    let mut out = Vec::new();
    dashboard.serialize(&mut Serializer::with_formatter(&mut out, Shallow { depth: 0, empty: true }))?;
    out.push(b'\n');
    String::from_utf8(out).map_err(serde::ser::Error::custom)
}

struct Shallow {
    depth: usize,
    /// The innermost list or map has had nothing yet.
    empty: bool,
}

impl Shallow {
    fn begin<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.empty = true;
        out.write_all(bracket)
    }

    fn end<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if self.depth < DEPTH && !self.empty {
            self.line(out)?;
        }
        self.empty = false;
        out.write_all(bracket)
    }

    fn next<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.empty = false;
        if !first {
            out.write_all(b",")?;
        }
        if self.depth <= DEPTH { self.line(out) } else { Ok(()) }
    }

    fn line<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        out.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| out.write_all(b"  "))
    }
}

impl Formatter for Shallow {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_panel_has_a_line() {
        let value =
            serde_json::json!({ "list": [], "panels": [{ "a": [1, { "b": 2 }] }, { "c": 3 }], "z": {} });
        insta::assert_snapshot!(json(&value).unwrap(), @r#"
        {
          "list": [],
          "panels": [
            {"a": [1,{"b": 2}]},
            {"c": 3}
          ],
          "z": {}
        }
        "#);
    }
}
