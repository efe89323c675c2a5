//! A tree on disk: looked at, or changed all at once or not at all.
//!
//! How a change is made, so that a kill at any point leaves the old tree or the new one:
//!
//! 1. `.meshgen/lock` is locked, and whatever an earlier render left is completed or undone.
//! 2. All that is to be written goes to `.meshgen/staging`, with its final mode, and a journal that says where
//!    each file belongs and what is removed. Until here a failure or a kill changes nothing; the staging
//!    folder is all that is left, and is removed.
//! 3. The journal is flushed to the disk and moved to `.meshgen/journal.json`. This is the moment of change.
//! 4. What the journal says is done: stale files are removed, staged files moved to their places, last the
//!    manifest. Each step may be repeated, so whoever finds a journal does them all, again if need be.
//! 5. The journal goes, then the staging folder, then the lock. Only `.meshgen/manifest.json` stays.
//!
//! What holds on power loss: the journal and the order of renames, on file systems that keep a journal of
//! their own. What does not: the contents of staged files, because flushing each would cost more than it
//! gives. A file that comes back empty or torn is not what the manifest lists, so that check names it and the
//! next render writes it again.
//!
//! Nothing in an output folder is reached through a symbolic link.

mod complete;
mod error;
mod journal;
mod lock;
mod look;
mod observe;
mod ops;
mod places;
mod preflight;
mod recover;
mod stage;
mod unix;
mod write;

pub use error::DiskError;
pub use observe::observe;
pub use ops::{Step, Steps};
pub use recover::{Recovered, recover, recover_in_steps};
pub use write::{Written, write, write_in_steps};
