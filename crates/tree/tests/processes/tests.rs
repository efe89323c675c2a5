//! The tests, and what their children run.

use std::{
    env,
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader},
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use meshgen_tree::{
    Selection,
    disk::{DiskError, recover, write, write_in_steps},
};

use crate::common::{Sandbox, old_and_new, origin};

/// What a child says when it is where it was told to wait.
const READY: &str = "meshgen-child-is-ready";

/// Held by each test: they would hold each other's locks.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Not a test: what the children of the tests below run. What to do is in the environment.
#[test]
#[ignore = "run by other tests"]
fn child() {
    let Some(out) = env::var_os("MESHGEN_TEST_OUT") else { return };
    let out = Path::new(&out);
    let act = env::var_os("MESHGEN_TEST_ACT").unwrap().into_string().unwrap();
    let (old, new) = old_and_new();
    let all = Selection::all();
    match act.split_once(' ') {
        Some(("wait-at", at)) => {
            let mut left: usize = at.parse().unwrap();
            let mut wait = |_: meshgen_tree::disk::Step<'_>| {
                if left == 0 {
                    println!("\n{READY}");
                    thread::sleep(Duration::from_mins(10));
                }
                left -= 1;
                Ok(())
            };
            write_in_steps(out, &new, &all, &origin(), &mut wait).unwrap();
        }
        None if act == "loop" => {
            println!("\n{READY}");
            // So that most of its time, and so most kills, are in the middle of a change.
            let mut linger = |_: meshgen_tree::disk::Step<'_>| {
                thread::sleep(Duration::from_micros(20));
                Ok(())
            };
            for tree in [&new, &old].into_iter().cycle() {
                write_in_steps(out, tree, &all, &origin(), &mut linger).unwrap();
            }
        }
        None if act == "write" => drop(write(out, &new, &all, &origin()).unwrap()),
        None if act == "refused" => {
            let refused = write(out, &new, &all, &origin()).unwrap_err();
            assert!(matches!(refused, DiskError::NotWritable(..)), "{refused:?}");
        }
        _ => panic!("{act}"),
    }
}

/// What runs [`child`], behind a program that takes a command to run, if any.
fn command(before: &[&str], out: &Path, act: &str) -> Command {
    let exe = env::current_exe().unwrap();
    let mut all = before.iter().map(OsStr::new).chain([exe.as_os_str()]);
    let mut command = Command::new(all.next().unwrap());
    command.args(all).args(["tests::child", "--exact", "--ignored", "--nocapture"]);
    command.env("MESHGEN_TEST_OUT", out).env("MESHGEN_TEST_ACT", act).env("RUST_TEST_THREADS", "1");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts a child, and gives it once it says that it is ready; nothing if it ends without saying so.
fn ready(before: &[&str], out: &Path, act: &str) -> Option<Child> {
    let mut child = command(before, out, act).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    if lines.map(Result::unwrap).any(|line| line == READY) {
        return Some(child);
    }
    assert!(child.wait().unwrap().success());
    None
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Kills a render before each of its steps. The tree that it finds is what `start` gives.
fn kill_before_each_step(start: impl Fn() -> Sandbox) {
    let (_, new) = old_and_new();
    let (before, after) = (start().snapshot(), Sandbox::new().with(&new).snapshot());
    let mut kills = 0;
    loop {
        let sandbox = start();
        // Under this umask even a mode that is still to be set tells a half made file or folder from a whole one.
        let umask = ["sh", "-c", "umask 077; exec \"$0\" \"$@\""];
        let Some(child) = ready(&umask, &sandbox.out, &format!("wait-at {kills}")) else { break };
        // While it lives it holds its lock, and whoever comes second is told so.
        if sandbox.path(".meshgen/staging").exists() {
            assert!(matches!(sandbox.write(&new), Err(DiskError::Busy(_))), "at {kills}");
            assert!(sandbox.check(&new).starts_with("a render was interrupted"));
        }
        kill(child);
        recover(&sandbox.out).unwrap();
        let mut now = sandbox.snapshot();
        if now.len() == 1 {
            // Without a manifest it holds nothing, and git does not see it.
            now.remove(".meshgen/");
        }
        assert!(now == before || now == after, "killed at {kills}: {:?}", sandbox.paths());
        sandbox.write(&new).unwrap();
        assert_eq!(sandbox.snapshot(), after, "killed at {kills}");
        kills += 1;
    }
    assert!(kills > 30, "{kills}");
}

#[test]
fn a_process_killed_before_any_step_leaves_the_old_tree_or_the_new_one() {
    let _alone = alone();
    kill_before_each_step(|| Sandbox::fast().with(&old_and_new().0));
}

#[test]
fn a_first_render_killed_before_any_step_leaves_nothing_or_all() {
    let _alone = alone();
    kill_before_each_step(Sandbox::fast);
}

#[test]
fn a_process_killed_at_any_time_leaves_the_old_tree_or_the_new_one() {
    let _alone = alone();
    let (old, new) = old_and_new();
    let (before, after) = (Sandbox::new().with(&old).snapshot(), Sandbox::new().with(&new).snapshot());
    let sandbox = Sandbox::fast().with(&old);
    let mut random: u64 = 1;
    for round in 0..100 {
        let child = ready(&[], &sandbox.out, "loop").unwrap();
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        thread::sleep(Duration::from_micros(random >> 51));
        kill(child);
        // Every other time the next child finds what this one left, and is killed while it repairs it.
        if round % 2 == 0 {
            recover(&sandbox.out).unwrap();
            assert!([&before, &after].contains(&&sandbox.snapshot()), "round {round}: {:?}", sandbox.paths());
            sandbox.write(&old).unwrap();
            assert_eq!(sandbox.snapshot(), before, "round {round}");
        }
    }
}

#[test]
fn modes_do_not_depend_on_the_umask() {
    let _alone = alone();
    let (_, new) = old_and_new();
    let usual = Sandbox::new().with(&new).snapshot();
    for umask in ["077", "000", "027"] {
        let sandbox = Sandbox::new();
        let with_umask = format!("umask {umask}; exec \"$0\" \"$@\"");
        let done = command(&["sh", "-c", &with_umask], &sandbox.out, "write").output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
        assert_eq!(sandbox.snapshot(), usual, "umask {umask}");
        assert_eq!(sandbox.mode(""), 0o755, "umask {umask}");
    }
}

/// Lets a child of somebody who may not write everywhere do something, and gives whether that went as it should.
///
/// root may write everywhere, so the child becomes somebody else, as long as that one may run this program.
fn succeeds_for_others(sandbox: &Sandbox, act: &str) -> bool {
    let mut child = command(&[], &sandbox.out, act);
    let is_root = fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0);
    if is_root {
        fs::set_permissions(sandbox.out.parent().unwrap(), fs::Permissions::from_mode(0o755)).unwrap();
        child.uid(65534).gid(65534);
    }
    match child.output() {
        Ok(done) => done.status.success(),
        Err(e) if is_root => {
            println!("not tried: {e}");
            true
        }
        Err(e) => panic!("{e}"),
    }
}

fn make_read_only(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o555)).unwrap();
}

#[test]
fn a_folder_that_is_not_writable_is_refused_before_anything_changes() {
    let _alone = alone();
    let (old, _) = old_and_new();
    for path in ["", ".meshgen", "kept", "folder/deep"] {
        let sandbox = Sandbox::new().with(&old);
        // The others have to be writable for somebody else.
        for path in sandbox.paths().iter().filter(|path| path.ends_with('/')).map(String::as_str).chain([""])
        {
            fs::set_permissions(sandbox.path(path), fs::Permissions::from_mode(0o777)).unwrap();
        }
        make_read_only(&sandbox.path(path));
        let before = sandbox.snapshot();
        assert!(succeeds_for_others(&sandbox, "refused"), "`{path}`");
        assert_eq!(sandbox.snapshot(), before, "`{path}`");
        fs::set_permissions(sandbox.path(path), fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn with_nothing_to_do_nothing_has_to_be_writable() {
    let _alone = alone();
    let sandbox = Sandbox::new().with(&old_and_new().1);
    for path in ["", ".meshgen"] {
        make_read_only(&sandbox.path(path));
    }
    assert!(succeeds_for_others(&sandbox, "write"));
}

#[test]
fn of_two_at_once_each_writes_its_whole_tree_or_is_told_to_wait() {
    let _alone = alone();
    let (old, new) = old_and_new();
    let (before, after) = (Sandbox::new().with(&old).snapshot(), Sandbox::new().with(&new).snapshot());
    let sandbox = Sandbox::fast().with(&old);
    let written = |tree| {
        let tries = (0..300).map(|_| match sandbox.write(tree) {
            Ok(_) => 1,
            Err(DiskError::Busy(_)) => 0,
            Err(e) => panic!("{e:?}"),
        });
        tries.sum::<u32>()
    };
    let (one, two) = thread::scope(|scope| {
        let one = scope.spawn(|| written(&old));
        let two = scope.spawn(|| written(&new));
        (one.join().unwrap(), two.join().unwrap())
    });
    assert!(one > 0 && two > 0, "{one} {two}");
    assert!([&before, &after].contains(&&sandbox.snapshot()), "{:?}", sandbox.paths());
}
