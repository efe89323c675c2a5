//! What a real Istio answered, held against what is predicted here.
//!
//! `tests/seen` has random clusters, each with what was seen there on Istio 1.31: who tried what, by which protocol and
//! method, and what came of it. `MESHGEN_MESHBOX` may name another such folder, also with tables that name their
//! manifests in the first line.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

use meshgen_mesh::{Below, By, Call, Client, Mesh, Outcome, Request, Settings, Verdict};
use meshgen_oracle::arbiter::{self, Spoken};
use meshgen_reach::{Answer, Judge, Manifests, Party};
use meshgen_yaml::{Node, Sources};

use crate::{doors, naive, with_ages};

/// What was read of one set of manifests.
struct World {
    mesh: Mesh,
    policies: Vec<naive::Policy>,
    objects: Vec<Node>,
    /// The same manifests, as the judge of network policies reads them, with the labels of injection.
    network: Manifests,
}

impl World {
    fn new(sources: Sources) -> World {
        let mut mesh = with_ages(Mesh::read_with(&sources, Settings::default()));
        // There, pods have addresses of this block.
        for (pod, number) in mesh.pods.iter_mut().zip(2..) {
            pod.addresses = vec![std::net::Ipv4Addr::new(10, 244, 0, number).into()];
        }
        let (policies, objects) = (naive::policies(&sources), doors::objects(&sources));
        let network = meshgen_verdict::World::of(Manifests::read(sources), mesh.clone()).manifests;
        World { mesh, policies, objects, network }
    }
}

/// One try: who, `service.namespace:port`, `http`, `h2` or `tcp`, and the method.
struct Try<'a> {
    client: &'a str,
    service: &'a str,
    kind: &'a str,
    method: &'a str,
}

#[test]
#[expect(clippy::disallowed_methods, reason = "what was seen lies in files")]
fn a_real_istio_answers_as_predicted() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/seen")];
    folders.extend(std::env::var("MESHGEN_MESHBOX").ok().map(PathBuf::from));
    let (mut tries, mut differences) = (0, String::new());
    for table in folders.iter().flat_map(|f| tables(f)) {
        let text = std::fs::read_to_string(&table).unwrap();
        let sources = manifests(&table, &text);
        println!("{}", table.display());
        let world = World::new(sources);
        for line in text.lines().filter(|l| !l.starts_with('#')) {
            let cells: Vec<&str> = line.split('\t').collect();
            let [client, service, kind, method, seen, ..] = cells[..] else { panic!("{line}") };
            let one = Try { client, service, kind, method };
            let predicted = predicted(&world, &one);
            tries += 1;
            if !predicted.0.contains(&seen) {
                let _ = writeln!(differences, "{}: {line}\n  {}", table.display(), predicted.1);
            }
        }
    }
    println!("{tries} tries");
    assert!(tries > 0 && differences.is_empty(), "{differences}");
}

fn tables(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path());
    let mut tables: Vec<_> = files.filter(|f| f.extension().is_some_and(|e| e == "tsv")).collect();
    tables.sort();
    tables
}

/// The manifests beside a table, or those that its first line names, which lie beside its folder.
#[expect(clippy::disallowed_methods, reason = "what was seen lies in files")]
fn manifests(table: &Path, text: &str) -> Sources {
    let mut sources = Sources::default();
    let beside = table.with_extension("yaml");
    let named = text.lines().next().unwrap_or_default().trim_start_matches('#');
    let named = named.split_whitespace().map(|f| table.parent().unwrap().parent().unwrap().join(f));
    let files: Vec<_> = if beside.exists() { vec![beside] } else { named.collect() };
    for file in files {
        sources.add(file.display().to_string(), std::fs::read_to_string(&file).unwrap());
    }
    sources
}

/// The words for what is predicted, and why.
fn predicted(world: &World, one: &Try<'_>) -> (Vec<&'static str>, String) {
    let (to, host) = one.service.split_once('|').unwrap_or((one.service, one.service));
    let mesh = &world.mesh;
    let is = |p: &meshgen_mesh::Pod| format!("{}/{}", p.namespace, p.name) == one.client;
    let client = mesh.pods.iter().position(is).map_or(Client::Outside(None), Client::Pod);
    let (name, port) = to.split_once(':').unwrap();
    let (name, namespace) = name.split_once('.').unwrap();
    let port: u16 = port.parse().unwrap();
    let is = |s: &meshgen_mesh::Service| s.meta.name == name && s.meta.namespace == namespace;
    let service = mesh.services.iter().position(is).unwrap();
    let spoken = Spoken::parse(one.kind).unwrap();
    let request = arbiter::request(one.method, host.trim_end_matches(":80"));
    let request = (spoken != Spoken::Tcp).then_some(&request);
    let first = world.verdict(client, service, port, request);
    let gateway = mesh.behind(&mesh.services[service], port).first().map(|(pod, _)| *pod);
    let verdict = match gateway.filter(|_| one.service.contains('|') && first.outcome == Outcome::Open) {
        None => first,
        Some(gateway) => {
            let (service, port) = doors::behind(mesh, &world.objects, gateway, port, host).unwrap();
            world.verdict(Client::Gateway(gateway, None), service, port, request)
        }
    };
    let itself = one.client == format!("{namespace}/{name}");
    (arbiter::words(&verdict, spoken, itself), arbiter::why(&verdict))
}

impl World {
    /// What the judge of network policies says; nothing of pods that are not in the manifests.
    fn judged(&self, client: Client, server: usize, port: u16) -> Option<Below> {
        let find = |n: usize| {
            let pod = &self.mesh.pods[n];
            let is = |p: &meshgen_reach::Pod| p.namespace == pod.namespace && p.name == pod.name;
            self.network.cluster.pods.iter().position(is).map(Party::Pod)
        };
        let from = match client.pod() {
            Some(pod) => find(pod)?,
            None => Party::Address("203.0.113.7".parse().unwrap()),
        };
        let judge = Judge::new(&self.network);
        Some(match judge.probe(&from, &find(server)?, meshgen_reach::Protocol::Tcp, port).answer {
            Answer::Allowed => Below::Passes,
            Answer::Denied => Below::Drops,
            Answer::Unknown => Below::Unknown,
        })
    }

    fn verdict(&self, client: Client, service: usize, port: u16, request: Option<&Request>) -> Verdict {
        let behind = self.mesh.behind(&self.mesh.services[service], port);
        let Some((server, pod_port)) = behind.into_iter().next() else {
            return self.mesh.without_pods(client);
        };
        let passes = naive::passes(&self.mesh, &self.policies, client.pod(), server, pod_port);
        let below = if passes { Below::Passes } else { Below::Drops };
        if let Some(judged) = self.judged(client, server, pod_port) {
            let ends = (client, server, pod_port);
            assert_eq!(judged, below, "the judge of network policies and the naive one differ: {ends:?}");
        }
        let call = Call { client, server, port: pod_port, by: By::Service(service, port) };
        let verdict = self.mesh.verdict(&call, request, below);
        self.holds_for_each(&call, below, &verdict);
        if let Some(request) = request {
            for (method, path) in [("PUT", "/x"), ("GET", "/y"), ("POST", "/x/a"), ("GET", "/")] {
                let other = Request { method: method.to_owned(), path: path.to_owned(), ..request.clone() };
                self.holds_for_each(&call, below, &self.mesh.verdict(&call, Some(&other), below));
            }
        }
        verdict
    }

    /// What is said of any request holds for each one.
    fn holds_for_each(&self, call: &Call, below: Below, verdict: &Verdict) {
        let any = self.mesh.any(call, below).outcome;
        let agrees = match any {
            Outcome::Open => verdict.outcome == Outcome::Open,
            Outcome::Partial(_) => true,
            // Whether an application takes TLS.
            Outcome::Unknown => verdict.outcome == Outcome::Unknown,
            // The client's own sidecar answers what no route takes, before any packet is dropped.
            Outcome::Timeout => matches!(verdict.outcome, Outcome::Timeout | Outcome::Unavailable),
            Outcome::Reset | Outcome::Closed | Outcome::Forbidden | Outcome::Unavailable => {
                !matches!(verdict.outcome, Outcome::Open | Outcome::Timeout)
            }
        };
        assert!(agrees, "any: {any:?}, one: {verdict:?}");
    }
}
