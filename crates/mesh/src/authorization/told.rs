//! What remains, in words.

use std::fmt;

use super::{Clause, Remains, Term};

impl fmt::Display for Remains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let any =
            |clauses: &[Clause]| clauses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", or ");
        match (self.requests, self.only.is_empty(), self.except.is_empty()) {
            (Some(true), _, _) => f.write_str("all requests")?,
            (Some(false), _, _) => f.write_str("no requests")?,
            (None, true, true) => f.write_str("some requests")?,
            (None, true, false) => write!(f, "all but {}", any(&self.except))?,
            (None, false, true) => f.write_str(&any(&self.only))?,
            (None, false, false) => write!(f, "{}; but not {}", any(&self.only), any(&self.except))?,
        }
        match self.connections {
            None => Ok(()),
            Some(true) => f.write_str("; all connections that are not HTTP"),
            Some(false) => f.write_str("; no connections that are not HTTP"),
        }
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.terms.is_empty() {
            return f.write_str("anything");
        }
        let terms: Vec<String> = self.terms.iter().map(ToString::to_string).collect();
        f.write_str(&terms.join(" and "))
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.attribute.name())?;
        if !self.values.is_empty() {
            write!(f, " {}", self.values.join("|"))?;
        }
        if !self.not_values.is_empty() {
            write!(f, " not {}", self.not_values.join("|"))?;
        }
        Ok(())
    }
}
