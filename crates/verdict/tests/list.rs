//! The list agrees with what is said of each pair, for every recorded cluster and for random ones.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test"
)]

mod random;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use meshgen_mesh::{By, Call, Client};
use meshgen_reach::{Answer, Certainty, Focus, Party, PortSet, Protocol};
use meshgen_verdict::{ChangedLayer, Judges, World};
use meshgen_yaml::Sources;

/// Ports that things in these clusters name, ports of Istio's own, and some that nothing names.
const PORTS: [u16; 16] =
    [1, 80, 443, 1234, 5432, 8080, 8081, 8888, 9000, 9080, 15008, 15020, 15021, 15090, 40000, 65535];

/// What the list says between two ends, by name.
struct Listed {
    lines: BTreeMap<(String, String), Vec<(PortSet, String)>>,
}

impl Listed {
    fn new(judges: &Judges<'_>) -> Listed {
        let report = judges.pairs_report(&Focus::default());
        let mut lines: BTreeMap<(String, String), Vec<(PortSet, String)>> = BTreeMap::new();
        for line in report.lines {
            let word = match (&line.remains, line.certainty) {
                (Some(remains), _) => format!("partial: {remains}"),
                (None, Certainty::Sure) => "open".to_owned(),
                (None, Certainty::Unknown) => "unknown".to_owned(),
            };
            lines.entry((line.from[0].clone(), line.to[0].clone())).or_default().push((line.ports, word));
        }
        for line in report.refused {
            let word = line.outcome.word().to_owned();
            lines.entry((line.from[0].clone(), line.to[0].clone())).or_default().push((line.ports, word));
        }
        Listed { lines }
    }

    fn of(&self, from: &str, to: &str, port: u16) -> Vec<&str> {
        let all = self.lines.get(&(from.to_owned(), to.to_owned())).into_iter().flatten();
        let mut said: Vec<&str> = all
            .filter(|(ports, _)| ports.contains(Protocol::Tcp, port))
            .map(|(_, word)| word.as_str())
            .collect();
        said.sort_unstable();
        said.dedup();
        said
    }
}

/// What was seen of the connections that were compared, by how many saw it.
type Counts = BTreeMap<String, usize>;

fn compare(name: &str, world: &World, counts: &mut Counts) {
    let judges = Judges::new(world);
    if !judges.is_meshed() {
        return;
    }
    let listed = Listed::new(&judges);
    let cluster = &world.manifests.cluster;
    // Of workloads with several kinds of pods a line speaks for each of them.
    let alone =
        |n: &usize| cluster.pods.iter().filter(|p| p.workload == cluster.pods[*n].workload).count() == 1;
    let pods: Vec<Party> = (0..cluster.pods.len()).filter(alone).map(Party::Pod).collect();
    let outside: Vec<Party> = ranges(&judges).into_iter().map(Party::Range).collect();
    for from in pods.iter().chain(&outside) {
        for to in pods.iter().chain(&outside).filter(|to| *to != from) {
            if matches!((from, to), (Party::Range(_), Party::Range(_))) {
                continue;
            }
            for port in PORTS {
                let word = check(name, &judges, &listed, from, to, port);
                *counts.entry(word).or_default() += 1;
            }
        }
    }
}

/// That all kinds of answers were among those that were compared.
#[track_caller]
fn is_wide(counts: &Counts, words: &[&str]) {
    println!("{} connections: {counts:?}", counts.values().sum::<usize>());
    assert!(counts.values().sum::<usize>() > 10_000);
    for word in words {
        assert!(counts.contains_key(*word), "nothing was {word}: {counts:?}");
    }
}

/// The ranges of the outside that the list speaks of.
fn ranges(judges: &Judges<'_>) -> Vec<meshgen_reach::AddressRange> {
    let mut all = judges.network.outside();
    for block in judges.world.blocks() {
        let cut = all.into_iter().map(meshgen_reach::Addresses::from);
        let cut = cut.flat_map(|r| [r.intersection(&block), r.minus(&block)]).collect::<Vec<_>>();
        all = cut.iter().flat_map(meshgen_reach::Addresses::ranges).collect();
    }
    all
}

#[track_caller]
fn check(name: &str, judges: &Judges<'_>, listed: &Listed, from: &Party, to: &Party, port: u16) -> String {
    let cluster = &judges.network.manifests.cluster;
    let ends = (from.title(cluster), to.title(cluster));
    let said = listed.of(&ends.0, &ends.1, port);
    let verdict = judges.verdict(from, to, port, None);
    let told = verdict.map(|v| v.told(&judges.network.manifests.sources));
    let word = told.as_ref().map_or("unknown".to_owned(), |t| match &t.remains {
        Some(remains) => format!("partial: {remains}"),
        None => t.outcome.word().to_owned(),
    });
    let below: BTreeSet<Answer> = wires(judges, from, to, port)
        .into_iter()
        .map(|w| judges.network.probe(from, to, Protocol::Tcp, w).answer)
        .collect();
    if below.len() > 1 {
        // By one way of dialling there may be another port on the wire than by another: a line does not tell them apart.
        let known = said == ["unknown"] || said == [word.as_str()];
        assert!(known, "{name}: {} => {}:{port}, {said:?}, {told:?}", ends.0, ends.1);
        return "unknown".to_owned();
    }
    // What the network refuses is not listed, whatever else would refuse it.
    let expected = if below.contains(&Answer::Denied) { Vec::new() } else { vec![word.as_str()] };
    assert_eq!(said, expected, "{name}: {} => {}:{port}, {told:?}", ends.0, ends.1);
    let first = expected.first().and_then(|word| word.split(':').next());
    first.unwrap_or("dropped").to_owned()
}

/// The ports that the network may see.
fn wires(judges: &Judges<'_>, from: &Party, to: &Party, port: u16) -> BTreeSet<u16> {
    let member = |party: &Party| match party {
        Party::Pod(n) => judges.world.pods[*n],
        _ => None,
    };
    let (Some(client), Some(server)) = (member(from), member(to)) else { return BTreeSet::from([port]) };
    let mesh = &judges.world.mesh;
    let mut ways = vec![By::Address];
    for (number, service) in mesh.services.iter().enumerate() {
        let leading = service.ports.iter().map(|p| p.number);
        let leading = leading.filter(|p| mesh.behind(service, *p).contains(&(server, port)));
        ways.extend(leading.map(|p| By::Service(number, p)));
    }
    let call = |by| Call { client: Client::Pod(client), server, port, by };
    ways.into_iter().flat_map(|by| mesh.wire_ports(&call(by))).collect()
}

#[test]
fn the_list_says_what_is_said_of_each_pair_of_recorded_clusters() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mesh/tests/seen");
    let files = fs::read_dir(folder).unwrap().map(|f| f.unwrap().path());
    let mut files: Vec<_> = files.filter(|f| f.extension().is_some_and(|e| e == "yaml")).collect();
    files.sort();
    let mut counts = Counts::new();
    for file in files {
        let mut sources = Sources::default();
        sources.add("seen.yaml", fs::read_to_string(&file).unwrap());
        compare(&file.display().to_string(), &World::read(sources), &mut counts);
    }
    is_wide(
        &counts,
        &["open", "dropped", "partial", "reset", "closed", "forbidden", "unavailable", "unknown"],
    );
}

#[test]
fn the_list_says_what_is_said_of_each_pair_of_random_clusters() {
    let wanted = std::env::var("MESHGEN_LISTS").ok().and_then(|n| n.parse().ok()).unwrap_or(30);
    let mut counts = Counts::new();
    for seed in 0..wanted {
        let text = random::cluster(seed);
        let mut sources = Sources::default();
        sources.add("random.yaml", text);
        compare(&format!("seed {seed}"), &World::read(sources), &mut counts);
    }
    is_wide(
        &counts,
        &["open", "dropped", "partial", "reset", "closed", "forbidden", "unavailable", "unknown"],
    );
}

/// Of two versions that differ in one object, a pair that gained anything is a widening.
#[test]
fn what_a_pair_gains_is_in_the_comparison_of_random_clusters() {
    let (mut gained, mut none) = (0, 0);
    for seed in 0..20 {
        let new = random::cluster(seed);
        let old = new.rsplit_once("---\n").unwrap().0.to_owned();
        for (old, new) in [(&old, &new), (&new, &old)] {
            let worlds = [old, new].map(|text| {
                let mut sources = Sources::default();
                sources.add("random.yaml", text.clone());
                World::read(sources)
            });
            let judges = [Judges::new(&worlds[0]), Judges::new(&worlds[1])];
            if !worlds.iter().all(World::is_meshed) {
                continue;
            }
            let widened = judges[0].compare(&judges[1]).widened.iter().any(|change| !change.unseen);
            let any = is_wider(&Listed::new(&judges[0]), &Listed::new(&judges[1]));
            assert!(widened || !any, "seed {seed}");
            (gained, none) = (gained + usize::from(widened), none + usize::from(!widened));
        }
    }
    assert!(gained > 5 && none > 5, "{gained} {none}");
}

/// A pod that only comes later, and would have gained something, is told of before it is there.
#[test]
fn what_a_pod_would_gain_is_in_the_comparison_without_it() {
    let (mut gained, mut by_mesh) = (0, 0);
    for seed in 0..130 {
        let new = random::cluster(seed);
        let old = new.rsplit_once("---\n").unwrap().0.to_owned();
        let (old, new) = if seed % 2 == 0 { (old, new) } else { (new, old) };
        let home = ["a", "d", "e"][usize::try_from(seed).unwrap() / 2 % 3];
        let late =
            late(home, "late", "") + &late(home, "plain", "labels: {sidecar.istio.io/inject: 'false'}, ");
        let with = [world(&(late.clone() + &old)), world(&(late + &new))];
        let lists = [Listed::new(&Judges::new(&with[0])), Listed::new(&Judges::new(&with[1]))];
        if !is_wider_for_late(&lists[0], &lists[1], home) {
            continue;
        }
        let without = [world(&old), world(&new)];
        let changes = Judges::new(&without[0]).compare(&Judges::new(&without[1])).widened;
        // In a namespace with pods, what others with the same account gained says it.
        assert!(changes.iter().any(|change| change.unseen || home == "a"), "seed {seed}");
        gained += 1;
        by_mesh += usize::from(
            changes.iter().any(|change| change.unseen && change.layer == Some(ChangedLayer::Mesh)),
        );
    }
    assert!(gained > 8 && by_mesh > 3, "{gained} {by_mesh}");
}

fn world(text: &str) -> World {
    let mut sources = Sources::default();
    sources.add("random.yaml", text);
    World::read(sources)
}

fn late(home: &str, name: &str, labels: &str) -> String {
    // Of the namespaces that are not there yet, one is in the mesh.
    let space =
        "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: d, labels: {istio-injection: enabled}}\n";
    let space = if home == "d" && name == "late" { space } else { "" };
    format!(
        "{space}---\napiVersion: v1\nkind: Pod\nmetadata: {{{labels}name: {name}, namespace: {home}}}\n\
         spec: {{serviceAccountName: x, containers: [{{name: c}}]}}\n"
    )
}

/// Whether the pod that comes later sees more, and not only what it could see outside of the mesh before.
fn is_wider_for_late(old: &Listed, new: &Listed, home: &str) -> bool {
    let passes = |word: &&str| ["open", "unknown", "partial"].iter().any(|w| word.starts_with(w));
    let [late, plain] = ["late", "plain"].map(|name| format!("{home}/{name}[Pod]"));
    let servers = new.lines.keys().filter(|(from, to)| *from == late && to.ends_with(']') && *to != plain);
    servers.map(|(_, to)| to).any(|to| {
        PORTS.iter().any(|port| {
            let (before, after) = (old.of(&late, to, *port), new.of(&late, to, *port));
            let known = old.of(&plain, to, *port).iter().any(|word| word.starts_with("open"));
            after.iter().any(passes) && !before.iter().any(passes) && !known
        })
    })
}

/// Whether any pair sees more by the second list.
fn is_wider(old: &Listed, new: &Listed) -> bool {
    let passes = |word: &&str| ["open", "unknown", "partial"].iter().any(|w| word.starts_with(w));
    // The outside is cut differently in both.
    let pods = |end: &str| end.ends_with(']');
    new.lines.keys().filter(|(from, to)| pods(from) && pods(to)).any(|(from, to)| {
        PORTS.iter().any(|port| {
            let (before, after) = (old.of(from, to, *port), new.of(from, to, *port));
            after.iter().any(passes) && !before.iter().any(passes)
        })
    })
}
