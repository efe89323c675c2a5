//! One file for each rule: what is told of it, and what finds it.

mod mg001_namespace_labels;

use crate::{Find, Rule};

/// All rules about manifests, in the order of their codes.
pub const RULES: &[(Rule, Find)] = &[(mg001_namespace_labels::RULE, mg001_namespace_labels::find)];
