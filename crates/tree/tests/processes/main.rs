//! The same as `disk`, with real processes: SIGKILL, another umask, another user, and two at once.
//!
//! Apart from `disk`, because a child that is being started holds the locks of its parent for a moment, which
//! a test that counts on a lock being free would notice.

#[cfg(test)]
#[path = "../disk/common.rs"]
#[expect(dead_code, reason = "some of it only `disk` needs")]
mod common;
#[cfg(test)]
mod tests;
