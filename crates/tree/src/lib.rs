//! From a bundle to files, and from files to a tree on disk that is changed all at once or not at all.
//!
//! [`render`] gives the files of a bundle, and [`changes`] what has to happen to a tree for it to hold them;
//! both are pure, and render, check, diff and the golden test all use them. Only [`disk`] touches a disk.
//!
//! Invariants: the same bundle gives the same bytes, for there is no clock, no environment and no version in
//! them. A file that meshgen did not write is never changed, removed or adopted, not even one that holds what
//! meshgen would have written.

mod change;
mod changes;
mod check;
mod compare;
mod diff;
mod digest;
pub mod disk;
mod fields;
mod flow;
mod kustomization;
mod manifest;
mod objects;
mod observed;
mod paths;
mod render;
mod selection;
mod stream;
mod template;
#[cfg(test)]
mod testing;
mod tree;
mod unique;
mod wanted;

pub use change::{Change, Conflict};
pub use changes::{Changes, changes};
pub use check::{Difference, What, differences};
pub use compare::{Changed, Comparison, compare};
pub use diff::{before_and_after, diff};
pub use digest::{Digest, NotADigest};
pub use fields::FieldChange;
pub use manifest::{Listed, Manifest, ManifestError, Origin};
pub use objects::{Objects, objects};
pub use observed::{Entry, Observed, Obstacle};
pub use render::{RenderError, render};
pub use selection::Selection;
pub use stream::{StreamError, stream};
pub use tree::{Mode, Rendered, Tree};
