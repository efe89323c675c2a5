//! Placeholder until its types stand.
