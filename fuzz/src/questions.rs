//! Every question that manifests can be asked. The answers do not matter here: that there is one does.

use meshgen::{
    mesh::Request,
    reach::{Change, Claim, Direction, Focus, Judge, Manifests, Party, PortSet, Reading, Who},
    verdict::{Judges, World},
    yaml::{Problem, Sources},
};

/// More ends than these are not asked about one by one.
const ENDS: usize = 4;

/// Reads manifests and asks everything about them.
pub fn ask(sources: Sources) {
    let world = World::read(sources);
    told(&world.manifests.sources, world.manifests.problems());
    let judges = Judges::new(&world);
    let judge = &judges.network;
    let report = judge.report(&Focus::default());
    assert!(!report.text().is_empty(), "a report says something, if only of its coverage");
    judge.report(&Focus { direction: Some(Direction::Egress), ..Focus::default() }).markdown();
    for reading in [Reading::Implied, Reading::Written] {
        judge.exposure(reading, &PortSet::all()).told(judge).text();
    }
    judge.ways_told();
    let ends = ends(judge);
    for from in &ends {
        for to in &ends {
            judge.explain(from, to, &PortSet::all());
            judges.verdict(from, to, 80, None);
            judges.verdict(from, to, 8080, Some(&Request::default()));
        }
    }
    claims(judge);
    let without = world.manifests.without(&[meshgen::reach::PolicyKind::NetworkPolicy]);
    compared(judge, &Judge::new(&without), &without);
}

/// That the places of problems are in the files.
pub fn told(sources: &Sources, problems: &[Problem]) {
    for place in problems.iter().filter_map(|p| p.place) {
        let range = place.range();
        let text = sources.get(place.file).map_or("", |source| source.text.as_str());
        assert!(text.get(range.clone()).is_some(), "no text at {range:?} of {}", text.len());
        sources.line_column(place);
    }
}

/// Some pods, some addresses, and pods that need not exist.
fn ends(judge: &Judge<'_>) -> Vec<Party> {
    let pods = (0..judge.manifests.cluster.pods.len()).take(ENDS).map(Party::Pod);
    let addresses = judge.outside().into_iter().take(ENDS).map(|range| Party::Address(range.first));
    let strangers =
        ["a/[app=x]", "[env=y]/[]@s"].into_iter().flat_map(|text| judge.source(text).unwrap_or_default());
    pods.chain(addresses).chain(strangers).collect()
}

fn claims(judge: &Judge<'_>) {
    let workloads = judge.manifests.cluster.workloads.iter().take(ENDS);
    for to in workloads.map(|w| Who::Workload(w.namespace.clone(), w.name.clone())) {
        let claim =
            Claim { to: vec![to], only_from: Some(vec![Who::Namespace("a".to_owned())]), ..Claim::default() };
        let _ = judge.prove(&claim);
    }
}

/// Taking `NetworkPolicy` away is compared, and back.
fn compared<'a>(old: &Judge<'a>, new: &Judge<'a>, without: &Manifests) {
    let there = old.compare(new);
    let back = new.compare(old);
    there.text(10);
    // What was not known and is plain now counts as gained, and its opposite not as lost.
    assert!(pairs(&back.narrowed) <= pairs(&there.widened), "what is lost one way is gained the other way");
    assert!(pairs(&there.narrowed) <= pairs(&back.widened), "what is lost one way is gained the other way");
    let certain = |judge: &Judge<'_>| judge.report(&Focus::default()).coverage.is_certain();
    if certain(old) && certain(new) {
        assert_eq!(
            pairs(&there.widened),
            pairs(&back.narrowed),
            "all that is gained one way is lost the other way"
        );
    }
    let same = Judge::new(without).compare(&Judge::new(&without.clone()));
    assert!(same.is_empty(), "a version differs from itself: {same:?}");
}

/// How many pairs of ends that are there changed. Of those that are not, each version describes its own.
fn pairs(changes: &[Change]) -> u64 {
    changes.iter().filter(|change| !change.unseen).map(|change| change.pairs).sum()
}
