//! Each way of cutting, and how `auto` tells them apart.

use super::*;
use std::io::Write;

fn read(name: &str, options: &str, content: &[u8]) -> Result<Vec<FileRecord>, ReadError> {
    read_expecting(name, options, content, Expect::Any)
}

fn read_expecting(
    name: &str,
    options: &str,
    content: &[u8],
    expect: Expect,
) -> Result<Vec<FileRecord>, ReadError> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(name);
    std::fs::write(&path, content).expect("a file");
    let spec = Spec::parse(&format!("{}{options}", path.display()))?;
    let files = spec.files()?;
    assert_eq!(files, [path]);
    open(&spec, &files[0], expect)?.collect()
}

#[track_caller]
fn check(options: &str, content: &str, expect: &[&str]) {
    let records = read("f", options, content.as_bytes()).expect("records");
    let texts: Vec<_> =
        records.iter().map(|r| String::from_utf8_lossy(r.value.as_deref().unwrap_or(b"-"))).collect();
    assert_eq!(texts, expect);
    let offsets: Vec<u64> = records.iter().map(|r| r.offset).collect();
    assert_eq!(offsets, (0..records.len() as u64).collect::<Vec<_>>());
}

#[test]
fn auto_tells_documents_from_lines() {
    check("", "{\"a\":\n1}", &["{\"a\":\n1}"]);
    check("", "// why\n/* and */ [{\"a\":1}, 2]", &["{\"a\":1}", "2"]);
    check("", "{\"a\":1}\n\n{\"a\":2}\n", &["{\"a\":1}", "{\"a\":2}"]);
    check("", "{\"a\":1}\nbroken\n{\"a\":2}\n", &["{\"a\":1}", "broken", "{\"a\":2}"]);
    check(
        "",
        "<?xml version=\"1.0\"?><!-- c -->\n<a><b/></a>\n<a>2</a>",
        &["<?xml version=\"1.0\"?><!-- c -->\n<a><b/></a>", "<a>2</a>"],
    );
    check("", "<14>Oct 1 a\r\n<14>Oct 1 b\n", &["<14>Oct 1 a", "<14>Oct 1 b"]);
    check("", "a\n\nb", &["a", "", "b"]);
    check("", "", &[]);
}

#[test]
fn the_mode_can_be_said() {
    check("?read=lines", "[1,\n2]", &["[1,", "2]"]);
    check("?read=whole", "a\nb\n", &["a\nb\n"]);
    check("?read=array", "[1,[2]]", &["1", "[2]"]);
    assert!(matches!(read("f", "?read=array", b"{}"), Err(ReadError::Content { line: 1, .. })));
    assert!(matches!(Spec::parse("f?read=sideways"), Err(ReadError::Spec { .. })));
    assert!(matches!(Spec::parse("f?read=lines&bt=/a"), Err(ReadError::Spec { .. })));
    assert_eq!(Spec::parse("what?").expect("a path").path, Path::new("what?"));
}

#[test]
fn a_wrapper_gives_its_record_and_its_clock() {
    let wrapped = r#"{"input":"a\nb","read":"2026-01-10T02:00:00Z"}
{"input":{"x":1},"read":1768010400}
{"other":1}"#;
    check("?at=/input", wrapped, &["a\nb", "{\"x\":1}", "{\"other\":1}"]);
    let records = read("f", "?at=/input&clock=/read", wrapped.as_bytes()).expect("records");
    let clocks: Vec<_> = records.iter().map(|r| r.clock.map(|t| t.to_string())).collect();
    assert_eq!(clocks, [Some("2026-01-10T02:00:00Z".into()), Some("2026-01-10T02:00:00Z".into()), None]);
}

#[test]
fn rows_of_csv_carry_their_header() {
    let csv = "\u{feff}T, \"N\"\r\n2026-01-10 02:00:00,\"a\r\nb\"\r\n,c\r\n";
    check("?read=csv", csv, &["T, \"N\"\n2026-01-10 02:00:00,\"a\r\nb\"", "T, \"N\"\n,c"]);
    let records = read_expecting("f", "?clock=T", csv.as_bytes(), Expect::Csv).expect("records");
    assert_eq!(records[0].clock.map(|t| t.to_string()).as_deref(), Some("2026-01-10T02:00:00Z"));
    assert!(matches!(read("f", "?read=csv&clock=X", csv.as_bytes()), Err(ReadError::Content { .. })));
}

#[test]
fn logs_of_zeek_become_the_json_that_zeek_writes() {
    let log = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n\
               #fields\tts\tid.orig_h\tid.orig_p\tok\ttags\tnote\twho\n\
               #types\ttime\taddr\tport\tbool\tset[string]\tstring\tstring\n\
               1521911721.155638\t10.0.0.1\t80\tT\ta,b\tx\\x0ay\t-\n#close\t2024\n";
    let expect = r#"{"_path":"conn","ts":1521911721.155638,"id.orig_h":"10.0.0.1","id.orig_p":80,"ok":true,"tags":["a","b"],"note":"x\ny"}"#;
    check("?read=tsv", log, &[expect]);
    check("", log, &[expect]);
    assert!(matches!(read("f", "?read=tsv", b"1\t2\n"), Err(ReadError::Content { line: 1, .. })));
}

#[test]
fn frames_of_dc09_end_where_their_length_says() {
    let frames = "\n75140027\"ADM-CID\"0001L0#1002[#1002|3354 00 004]\rGET / HTTP/1.1\r\n\r\n\
                  \n37070049\"SIA-DCS\"0038R0L0#10303117[#10303117|Nri0001/BH\r\n005]_13:44:48,08-17-2022\r\
                  \nSR0001L0001    006969XX    [ID0000]\r";
    check(
        "?read=dc09",
        frames,
        &[
            "75140027\"ADM-CID\"0001L0#1002[#1002|3354 00 004]",
            "GET / HTTP/1.1",
            "37070049\"SIA-DCS\"0038R0L0#10303117[#10303117|Nri0001/BH\r\n005]_13:44:48,08-17-2022",
            "SR0001L0001    006969XX    [ID0000]",
        ],
    );
}

#[test]
fn a_dump_keeps_its_own_places() {
    let dump = br#"{"topic":"t","partition":3,"offset":41,"timestamp":1768010400000,"key":"aA==","headers":[["h","eA=="]],"value":"YQ=="}
{"topic":"t","partition":3,"offset":43,"timestamp":"2026-01-10T02:00:01Z","key":null,"headers":[],"value":null}
"#;
    let records = read("f", "?read=kafka", dump).expect("records");
    assert_eq!((records[0].partition, records[0].offset, records[1].offset), (Some(3), 41, 43));
    assert_eq!((records[0].value.as_deref(), records[1].value.as_deref()), (Some(&b"a"[..]), None));
    assert_eq!(records[0].headers, [("h".to_owned(), Some(b"x".to_vec()))]);
    assert_eq!(records[0].clock.map(|t| t.to_string()).as_deref(), Some("2026-01-10T02:00:00Z"));
    assert!(matches!(read("f", "?read=kafka", b"{}"), Err(ReadError::Content { line: 1, .. })));
}

#[test]
fn packed_files_are_read_as_such() {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(b"a\nb\n").expect("memory");
    let gz = gz.finish().expect("memory");
    let zst = zstd::encode_all(&b"a\nb\n"[..], 1).expect("memory");
    let mut xz = liblzma::write::XzEncoder::new(Vec::new(), 1);
    xz.write_all(b"a\nb\n").expect("memory");
    let xz = xz.finish().expect("memory");
    for (name, bytes) in [("f.gz", gz), ("f.zst", zst), ("f.xz", xz)] {
        let records = read(name, "", &bytes).expect("records");
        assert_eq!(records.len(), 2, "{name}");
        assert!(matches!(read(name, "", &bytes[..bytes.len() - 4]), Err(ReadError::Io { .. })), "{name}");
    }
}

#[test]
fn a_folder_is_its_files_by_name_and_what_is_missing_an_error() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in ["b", "a"] {
        std::fs::write(folder.path().join(name), name).expect("a file");
    }
    let spec = Spec::parse(&folder.path().display().to_string()).expect("a path");
    let names: Vec<_> =
        spec.files().expect("files").iter().filter_map(|f| Some(f.file_name()?.to_owned())).collect();
    assert_eq!(names, ["a", "b"]);
    let missing = Spec { path: folder.path().join("c"), ..spec };
    assert!(matches!(missing.files(), Err(ReadError::Io { .. })));
}
