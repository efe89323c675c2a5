//! What was asked for and is not there.

use std::fmt;

/// What was asked for is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfound {
    /// What was asked for.
    pub text: String,
    /// What of it is missing.
    pub missing: Missing,
}

/// What is missing of what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Nothing has such a name; with what may have been meant.
    Name(Option<String>),
    /// It is a Service, and no pod that is here is behind it.
    Pods,
    /// It has no such port; with those that it has.
    Port(Vec<String>),
}

impl Unfound {
    /// Nothing has such a name.
    pub(crate) fn name(text: impl Into<String>, nearest: Option<String>) -> Unfound {
        Unfound { text: text.into(), missing: Missing::Name(nearest) }
    }

    pub(crate) fn pods(text: &str) -> Unfound {
        Unfound { text: text.to_owned(), missing: Missing::Pods }
    }

    pub(crate) fn port(text: &str, there: Vec<String>) -> Unfound {
        Unfound { text: text.to_owned(), missing: Missing::Port(there) }
    }
}

impl fmt::Display for Unfound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = &self.text;
        match &self.missing {
            Missing::Name(Some(name)) => {
                write!(f, "nothing here is called `{text}`: did you mean `{name}`?")
            }
            Missing::Name(None) => write!(
                f,
                "nothing here is called `{text}`: use `namespace/workload`, `service.namespace`, an address, or \
                 `namespace/[label=value]`",
            ),
            Missing::Pods => {
                write!(f, "no pod that is here is behind the Service `{text}`: name a pod, or an address")
            }
            Missing::Port(there) if there.is_empty() => {
                write!(f, "`{text}` names a port that is not there: nothing names one, so write its number")
            }
            Missing::Port(there) => {
                write!(f, "`{text}` names a port that is not there: there is {}", there.join(", "))
            }
        }
    }
}

impl std::error::Error for Unfound {}
