//! A render that ends at any step leaves the old tree or the new one.
//!
//! Here it ends by a panic, which leaves the disk as a kill would, because nothing but the lock is released
//! while it unwinds; so each step, and each step of each recovery, can be tried. `processes` kills for real.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};

use meshgen_tree::{
    Selection, Tree,
    disk::{DiskError, Recovered, Step, recover, recover_in_steps, write_in_steps},
};

use crate::common::{Sandbox, Snapshot, old_and_new, origin};

/// Whether something gets through before it is killed at a step.
fn survives(at: usize, act: impl FnOnce(&mut dyn FnMut(Step<'_>) -> io::Result<()>)) -> bool {
    let mut left = at;
    let mut step = |_: Step<'_>| {
        if left == 0 {
            resume_unwind(Box::new("killed"));
        }
        left -= 1;
        Ok(())
    };
    catch_unwind(AssertUnwindSafe(|| act(&mut step))).is_ok()
}

fn write_survives(sandbox: &Sandbox, tree: &Tree, at: usize) -> bool {
    survives(at, |steps| {
        write_in_steps(&sandbox.out, tree, &Selection::all(), &origin(), steps).unwrap();
    })
}

fn recovery_survives(sandbox: &Sandbox, at: usize) -> bool {
    survives(at, |steps| {
        recover_in_steps(&sandbox.out, steps).unwrap();
    })
}

/// How many steps a change from one tree to another takes.
fn steps(old: &Tree, new: &Tree) -> usize {
    let (sandbox, mut count) = (Sandbox::fast().with(old), 0);
    let mut step = |_: Step<'_>| {
        count += 1;
        Ok(())
    };
    write_in_steps(&sandbox.out, new, &Selection::all(), &origin(), &mut step).unwrap();
    count
}

struct Trees {
    old: Tree,
    new: Tree,
    before: Snapshot,
    after: Snapshot,
}

fn trees() -> Trees {
    let (old, new) = old_and_new();
    let (before, after) = (Sandbox::fast().with(&old).snapshot(), Sandbox::fast().with(&new).snapshot());
    Trees { old, new, before, after }
}

impl Trees {
    /// That no file is anything but the old or the new one, and that check does not take a mixture for a tree.
    fn assert_nothing_is_torn(&self, sandbox: &Sandbox) {
        let now = sandbox.snapshot();
        for (path, file) in now.iter().filter(|(path, _)| !path.starts_with(".meshgen")) {
            let is_whole = Some(file) == self.before.get(path) || Some(file) == self.after.get(path);
            assert!(is_whole, "{path}: {file:?}");
        }
        let is = |tree: &Snapshot| {
            tree.iter()
                .filter(|(p, _)| !p.starts_with(".meshgen"))
                .eq(now.iter().filter(|(p, _)| !p.starts_with(".meshgen")))
        };
        if !is(&self.before) && !is(&self.after) {
            assert!(sandbox.check(&self.new).contains("interrupted"));
            assert!(sandbox.check(&self.old).contains("interrupted"));
        }
    }

    /// That it is the old tree or the new one, with nothing left over.
    fn assert_whole(&self, sandbox: &Sandbox, context: &str) {
        let now = sandbox.snapshot();
        assert!(now == self.before || now == self.after, "{context}: {:?}", sandbox.paths());
    }
}

#[test]
fn killed_at_any_step_and_recovered_it_is_the_old_tree_or_the_new_one() {
    let trees = trees();
    let steps = steps(&trees.old, &trees.new);
    assert!(steps > 40, "{steps}");
    let mut seen = Vec::new();
    for at in 0..steps {
        let sandbox = Sandbox::fast().with(&trees.old);
        assert!(!write_survives(&sandbox, &trees.new, at));
        trees.assert_nothing_is_torn(&sandbox);
        let recovered = recover(&sandbox.out).unwrap();
        trees.assert_whole(&sandbox, &format!("killed at {at}"));
        match recovered {
            Recovered::Undone => assert_eq!(sandbox.snapshot(), trees.before, "killed at {at}"),
            Recovered::Completed => assert_eq!(sandbox.snapshot(), trees.after, "killed at {at}"),
            Recovered::Nothing => {}
        }
        seen.push(recovered);
    }
    // First there is nothing to do, then something to undo, then something to complete.
    seen.dedup();
    assert_eq!(seen, [Recovered::Nothing, Recovered::Undone, Recovered::Completed, Recovered::Nothing]);
}

#[test]
fn killed_at_any_step_the_next_render_gives_its_own_tree() {
    let trees = trees();
    for at in 0..steps(&trees.old, &trees.new) {
        for (tree, whole) in [(&trees.new, &trees.after), (&trees.old, &trees.before)] {
            let sandbox = Sandbox::fast().with(&trees.old);
            write_survives(&sandbox, &trees.new, at);
            sandbox.write(tree).unwrap();
            assert_eq!(sandbox.snapshot(), *whole, "killed at {at}");
            assert_eq!(sandbox.check(tree), "");
        }
    }
}

#[test]
fn a_first_render_killed_at_any_step_leaves_nothing_or_all() {
    let trees = trees();
    for at in 0..steps(&Tree::default(), &trees.new) {
        let sandbox = Sandbox::fast();
        assert!(!write_survives(&sandbox, &trees.new, at));
        recover(&sandbox.out).unwrap();
        let now = sandbox.snapshot();
        let is_empty = now.keys().all(|path| path == ".meshgen/");
        assert!(is_empty || now == trees.after, "killed at {at}: {:?}", sandbox.paths());
    }
}

#[test]
fn a_recovery_may_be_killed_at_any_step_as_well() {
    let trees = trees();
    for at in 0..steps(&trees.old, &trees.new) {
        for again in 0.. {
            let sandbox = Sandbox::fast().with(&trees.old);
            write_survives(&sandbox, &trees.new, at);
            let survived = recovery_survives(&sandbox, again);
            trees.assert_nothing_is_torn(&sandbox);
            recover(&sandbox.out).unwrap();
            trees.assert_whole(&sandbox, &format!("killed at {at}, then at {again}"));
            if survived {
                break;
            }
        }
    }
}

#[test]
fn a_recovery_that_is_killed_one_step_later_each_time_ends() {
    let trees = trees();
    for at in 0..steps(&trees.old, &trees.new) {
        let sandbox = Sandbox::fast().with(&trees.old);
        write_survives(&sandbox, &trees.new, at);
        // Each takes the lock first, so the first ones do not get far.
        let kills = (0..1000).find(|again| recovery_survives(&sandbox, *again)).unwrap();
        trees.assert_whole(&sandbox, &format!("killed at {at}, then {kills} times"));
    }
}

/// Writes, with an error at one step.
fn write_with_an_error(sandbox: &Sandbox, tree: &Tree, at: usize) -> Option<DiskError> {
    let mut left = at;
    let mut step = |_: Step<'_>| {
        left = left.wrapping_sub(1);
        if left == usize::MAX { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    };
    write_in_steps(&sandbox.out, tree, &Selection::all(), &origin(), &mut step).err()
}

#[test]
fn an_error_at_any_step_changes_nothing_or_is_told_to_be_halfway() {
    let trees = trees();
    let steps = steps(&trees.old, &trees.new);
    let mut said = Vec::new();
    for at in 0..steps {
        let sandbox = Sandbox::fast().with(&trees.old);
        match write_with_an_error(&sandbox, &trees.new, at) {
            Some(DiskError::Halfway(..)) => {
                trees.assert_nothing_is_torn(&sandbox);
                said.push("halfway");
            }
            Some(_) => {
                assert_eq!(sandbox.snapshot(), trees.before, "error at {at}");
                said.push("nothing changed");
            }
            // The lock could not be removed, which does no harm.
            None => said.push("done"),
        }
        sandbox.write(&trees.new).unwrap();
        assert_eq!(sandbox.snapshot(), trees.after, "error at {at}");
    }
    said.dedup();
    assert_eq!(said, ["nothing changed", "halfway", "done"]);
}

#[test]
fn an_error_in_a_first_render_leaves_no_folder_behind() {
    let trees = trees();
    for at in 0..steps(&Tree::default(), &trees.new) {
        let sandbox = Sandbox::fast();
        if let Some(DiskError::Io(..) | DiskError::CannotCreate(..)) =
            write_with_an_error(&sandbox, &trees.new, at)
        {
            assert!(!sandbox.out.exists(), "error at {at}");
        }
    }
}

#[test]
fn what_came_while_a_change_was_interrupted_is_not_overwritten() {
    let trees = trees();
    let conflicts = (0..steps(&trees.old, &trees.new)).filter(|at| {
        let sandbox = Sandbox::fast().with(&trees.old);
        write_survives(&sandbox, &trees.new, *at);
        if sandbox.path("new.sh").exists() {
            return false;
        }
        sandbox.put("new.sh", "mine");
        let refused = sandbox.write(&trees.new).is_err();
        assert_eq!(sandbox.read("new.sh"), "mine");
        std::fs::remove_file(sandbox.path("new.sh")).unwrap();
        sandbox.write(&trees.new).unwrap();
        assert_eq!(sandbox.snapshot(), trees.after);
        refused
    });
    assert!(conflicts.count() > 0);
}
