//! What went wrong outside of the input's text: a file, a disk, a combination of words.

use std::error::Error;

/// Something that went wrong, with its causes.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) message: String,
    /// From the nearest to the deepest.
    pub(crate) causes: Vec<String>,
    /// What would be right.
    pub(crate) help: Option<String>,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Failure { message: message.into(), causes: Vec::new(), help: None }
    }

    /// The message of an error, and those of its causes.
    pub(crate) fn of(error: &dyn Error) -> Self {
        Failure { causes: chain(error.source()), ..Failure::new(error.to_string()) }
    }

    /// A message, and the error that is its cause.
    pub(crate) fn caused(message: impl Into<String>, cause: &dyn Error) -> Self {
        Failure { causes: chain(Some(cause)), ..Failure::new(message) }
    }

    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Failure { help: Some(help.into()), ..self }
    }
}

fn chain(mut cause: Option<&dyn Error>) -> Vec<String> {
    let mut causes = Vec::new();
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    causes
}
