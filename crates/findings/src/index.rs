//! The pods that policies mean: rules ask for them again and again.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use meshgen_reach::{Match, Matcher, Near};

/// Pods by what means them.
#[derive(Default)]
pub(crate) struct Index {
    known: RefCell<BTreeMap<Matcher, Rc<Meant>>>,
}

/// Pods that a matcher means.
#[derive(Default)]
pub(crate) struct Meant {
    /// Surely.
    pub(crate) yes: BTreeSet<usize>,
    /// Perhaps.
    pub(crate) may: BTreeSet<usize>,
}

impl Meant {
    /// Whether it means a pod, be it perhaps.
    pub(crate) fn has(&self, pod: usize) -> bool {
        self.yes.contains(&pod) || self.may.contains(&pod)
    }

    /// Whether it means none, not even perhaps.
    pub(crate) fn is_empty(&self) -> bool {
        self.yes.is_empty() && self.may.is_empty()
    }
}

impl Index {
    /// The pods that a matcher means.
    pub(crate) fn meant(&self, near: &Near<'_>, matcher: &Matcher) -> Rc<Meant> {
        if let Some(known) = self.known.borrow().get(matcher) {
            return Rc::clone(known);
        }
        let mut meant = Meant::default();
        for (pod, matched) in near.meant(matcher) {
            let list = if matched == Match::Yes { &mut meant.yes } else { &mut meant.may };
            list.insert(pod as usize);
        }
        let found = Rc::new(meant);
        self.known.borrow_mut().insert(matcher.clone(), Rc::clone(&found));
        found
    }
}
