//! How the command ends.

use std::process::ExitCode;

/// How the command ends, for scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// Done, and the answer is yes.
    Yes,
    /// Done, and the answer is no: it differs.
    No,
    /// It could not be done: a spec with errors, a file that cannot be read or written, wrong usage.
    Failed,
}

impl Exit {
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Yes => 0,
            Exit::No => 1,
            Exit::Failed => 2,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}
