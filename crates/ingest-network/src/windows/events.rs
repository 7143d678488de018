//! What each event is, and where its data goes.

use crate::net::set_proto;
use crate::words;
use event::class::{self, ClassId, Lifecycle};
use event::field::{self, FieldId};
use event::row::RowWriter;
use ingest::fold;
use ingest::pairs::Pairs;

/// Every class that an event may become.
pub(super) const CLASSES: &[ClassId] = &[
    class::HOST_LOG,
    class::AUTH_LOGIN,
    class::AUTH_LOGOUT,
    class::AUTH_FAILED,
    class::AUTH_LOCKED_OUT,
    class::AUTH_ELEVATED,
    class::ACCOUNT_CREATED,
    class::ACCOUNT_DELETED,
    class::ACCOUNT_CHANGED,
    class::ACCOUNT_RIGHTS_CHANGED,
    class::ACCOUNT_ENABLED,
    class::ACCOUNT_DISABLED,
    class::PROCESS_STARTED,
    class::PROCESS_ENDED,
    class::PROCESS_ACCESSED,
    class::MODULE_LOADED,
    class::SCRIPT_RUN,
    class::FILE_WRITTEN,
    class::FILE_DELETED,
    class::REGISTRY_SET,
    class::SERVICE_INSTALLED,
    class::SERVICE_STOPPED,
    class::MALWARE_FOUND,
    class::LOG_CLEARED,
    class::LOG_STOPPED,
    class::NET_FLOW,
    class::NET_DNS,
    class::NET_SESSION,
    class::UNCLASSIFIED,
];

/// Writes the data of an event.
pub(super) fn write(row: &mut RowWriter<'_>, (is_sysmon, number): (bool, &str), pairs: &Pairs<'_>) {
    let class = if is_sysmon { sysmon_class(number) } else { class_of(number, pairs) };
    row.class(class);
    let get =
        |names: &[&str]| names.iter().find_map(|name| pairs.get(name).filter(|v| !words::is_nothing(v)));
    if class == class::NET_SESSION || is_about_login(class) {
        write_login(row, class, pairs);
    } else if is_about_account(class) {
        write_account(row, (class, number), pairs);
    } else {
        write_user(row, pairs);
    }
    write_process(row, is_sysmon, pairs);
    write_network(row, pairs);
    row.maybe(field::FILE_PATH, get(&["TargetFilename", "Path", "RelativeTargetName"]));
    row.maybe(field::REGISTRY_KEY, get(&["TargetObject"])).maybe(field::REGISTRY_VALUE, get(&["Details"]));
    row.maybe(field::MODULE_PATH, get(&["ImageLoaded"]));
    row.maybe(
        field::SCRIPT_TEXT,
        get(&["ScriptBlockText", "Payload"]).filter(|_| class == class::SCRIPT_RUN),
    );
    row.maybe(field::SIG_NAME, get(&["Threat Name", "ThreatName"]));
    let service =
        get(&["ServiceName", "TaskName"]).or(get(&["param1"]).filter(|_| class == class::SERVICE_STOPPED));
    row.maybe(field::SERVICE, service);
    if class == class::SERVICE_INSTALLED {
        row.maybe(field::FILE_PATH, get(&["ServiceFileName", "ImagePath"]));
    }
    if !row.has(field::ACTION) {
        row.maybe(field::ACTION, action(is_sysmon, number, pairs));
    }
    if !row.has(field::OUTCOME) && !is_sysmon && is_failure(number, pairs) {
        row.text(field::OUTCOME, "failure");
    }
    if class == class::NET_DNS && get(&["QueryStatus"]) == Some("0") {
        row.text(field::OUTCOME, "success");
    }
    // The first line says what happened; what follows repeats the data.
    let message = pairs.get("Message").and_then(|text| text.lines().next());
    row.maybe(field::MESSAGE, message);
}

fn is_about_login(class: ClassId) -> bool {
    [class::AUTH_LOGIN, class::AUTH_LOGOUT, class::AUTH_FAILED, class::AUTH_LOCKED_OUT, class::AUTH_ELEVATED]
        .contains(&class)
}

fn is_about_account(class: ClassId) -> bool {
    [
        class::ACCOUNT_CREATED,
        class::ACCOUNT_DELETED,
        class::ACCOUNT_CHANGED,
        class::ACCOUNT_RIGHTS_CHANGED,
        class::ACCOUNT_ENABLED,
        class::ACCOUNT_DISABLED,
    ]
    .contains(&class)
}

fn class_of(number: &str, pairs: &Pairs<'_>) -> ClassId {
    let provider = pairs.get("Provider").unwrap_or_default();
    match number {
        "4624" | "4778" | "6272" => class::AUTH_LOGIN,
        "4625" | "4771" | "4825" | "6273" => class::AUTH_FAILED,
        "4768" | "4776" => {
            if has_failed(pairs) {
                class::AUTH_FAILED
            } else {
                class::AUTH_LOGIN
            }
        }
        // A ticket for a service is no login of its own; a refused one is worth as much as any.
        "4769" if has_failed(pairs) => class::AUTH_FAILED,
        "4634" | "4647" | "4779" => class::AUTH_LOGOUT,
        "4740" | "4767" => class::AUTH_LOCKED_OUT,
        "4648" | "4672" => class::AUTH_ELEVATED,
        "4720" | "4741" => class::ACCOUNT_CREATED,
        "4726" | "4743" => class::ACCOUNT_DELETED,
        "4722" => class::ACCOUNT_ENABLED,
        "4725" => class::ACCOUNT_DISABLED,
        "4723" | "4724" | "4738" | "4742" | "4781" => class::ACCOUNT_CHANGED,
        "4727" | "4728" | "4729" | "4730" | "4731" | "4732" | "4733" | "4734" | "4735" | "4737" | "4744"
        | "4745" | "4746" | "4747" | "4748" | "4749" | "4750" | "4751" | "4752" | "4753" | "4754"
        | "4755" | "4756" | "4757" | "4758" => class::ACCOUNT_RIGHTS_CHANGED,
        "4688" => class::PROCESS_STARTED,
        "4689" => class::PROCESS_ENDED,
        "4697" | "7045" | "4698" | "4702" => class::SERVICE_INSTALLED,
        "106" if provider.contains("TaskScheduler") => class::SERVICE_INSTALLED,
        "7034" => class::SERVICE_STOPPED,
        "1102" | "104" if provider.contains("Eventlog") || provider.contains("EventLog") => {
            class::LOG_CLEARED
        }
        "1100" if provider.contains("Eventlog") => class::LOG_STOPPED,
        "4103" | "4104" => class::SCRIPT_RUN,
        "1006" | "1007" | "1116" | "1117" | "1119" if provider.contains("Defender") => class::MALWARE_FOUND,
        "5156" | "5157" | "5152" | "5154" | "5158" => class::NET_FLOW,
        "5140" | "5145" => class::NET_SESSION,
        _ => class::HOST_LOG,
    }
}

fn sysmon_class(number: &str) -> ClassId {
    match number {
        "1" => class::PROCESS_STARTED,
        "5" => class::PROCESS_ENDED,
        "3" => class::NET_FLOW,
        "6" | "7" => class::MODULE_LOADED,
        "8" | "9" | "10" | "25" => class::PROCESS_ACCESSED,
        "2" | "11" | "15" | "27" | "29" => class::FILE_WRITTEN,
        "23" | "26" | "28" => class::FILE_DELETED,
        "12" | "13" | "14" => class::REGISTRY_SET,
        "22" => class::NET_DNS,
        _ => class::HOST_LOG,
    }
}

fn has_failed(pairs: &Pairs<'_>) -> bool {
    let status = pairs.get("Status").unwrap_or("0x0");
    status.trim_start_matches("0x").bytes().any(|b| b != b'0')
}

fn known<'p>(pairs: &'p Pairs<'_>, names: &[&str]) -> Option<&'p str> {
    names.iter().find_map(|name| pairs.get(name).filter(|value| !words::is_nothing(value)))
}

/// Who logs in is the target; who asked for it, where that is somebody else, is the account.
fn write_login(row: &mut RowWriter<'_>, class: ClassId, pairs: &Pairs<'_>) {
    let names: &[&str] = if class == class::NET_SESSION {
        &["SubjectUserName"]
    } else {
        &["TargetUserName", "AccountName", "SubjectUserName", "EcsUser", "LogUser"]
    };
    if let Some(user) = known(pairs, names) {
        fold::set(row, field::USER, user);
    }
    if !row.has(field::USER_DOMAIN) {
        row.maybe(
            field::USER_DOMAIN,
            known(pairs, &["TargetDomainName", "AccountDomain", "SubjectDomainName"]),
        );
    }
    row.maybe(field::SESSION, known(pairs, &["TargetLogonId", "SubjectLogonId"]));
    row.maybe(field::LOGON_TYPE, known(pairs, &["LogonType"]).and_then(logon_type));
    row.maybe(field::AUTH_METHOD, known(pairs, &["AuthenticationPackageName"]).and_then(auth_method));
    let workstation = known(pairs, &["WorkstationName", "Workstation", "CallerComputerName", "ClientName"]);
    row.maybe(field::SRC_HOST, workstation.map(|name| name.trim_start_matches('\\')));
    match class {
        class::AUTH_FAILED => row.text(field::REASON, failure(pairs)).text(field::OUTCOME, "failure"),
        class::AUTH_LOCKED_OUT if row.has(field::OUTCOME) && is(pairs, "4767") => {
            row.lifecycle(Lifecycle::Restore)
        }
        class::NET_SESSION => row.text(field::APP, "smb"),
        _ => row,
    };
}

fn is(pairs: &Pairs<'_>, number: &str) -> bool {
    pairs.get("EventID") == Some(number)
}

fn logon_type(number: &str) -> Option<&'static str> {
    Some(match number {
        "2" | "11" => "interactive",
        "3" | "8" => "network",
        "4" => "batch",
        "5" => "service",
        "7" | "13" => "unlock",
        "10" | "12" => "remote_interactive",
        _ => return None,
    })
}

fn auth_method(package: &str) -> Option<&'static str> {
    let package = package.to_ascii_lowercase();
    match () {
        () if package.contains("kerberos") => Some("kerberos"),
        () if package.contains("ntlm") || package.starts_with("microsoft_authentication") => Some("ntlm"),
        () if package == "negotiate" => None,
        () => None,
    }
}

/// Why, by the codes of the security authority and of Kerberos.
fn failure(pairs: &Pairs<'_>) -> &'static str {
    let code = |name: &str| pairs.get(name).map(str::to_ascii_lowercase).filter(|code| code != "0x0");
    match code("SubStatus").or(code("Status")).as_deref() {
        Some("0xc0000064" | "0x6") => "no_such_user",
        Some("0xc000006a" | "0xc000006d" | "0x18") => "wrong_password",
        Some("0xc0000072") => "account_disabled",
        Some("0xc0000234" | "0x12") => "account_locked",
        Some("0xc0000071" | "0xc0000193" | "0xc0000224" | "0x17") => "expired",
        Some("0xc000006f") => "wrong_time",
        Some("0xc0000070" | "0xc000015b" | "0xc0000413") => "policy",
        Some(_) => "other",
        None if is(pairs, "4825") => "policy",
        None => "unknown",
    }
}

/// Whom it is done to is the target, or the member of a group; who did it is the subject.
fn write_account(row: &mut RowWriter<'_>, (class, number): (ClassId, &str), pairs: &Pairs<'_>) {
    let member = known(pairs, &["MemberName"]).map(common_name);
    let target = member.or(known(pairs, &["MemberSid", "TargetUserName", "TargetSid"]));
    row.maybe(field::TARGET_ACCOUNT, target)
        .maybe(field::ACCOUNT, known(pairs, &["SubjectUserName", "EcsUser"]));
    write_user(row, pairs);
    let action = match number {
        "4728" | "4732" | "4746" | "4751" | "4756" => "grant",
        "4729" | "4733" | "4747" | "4752" | "4757" => "revoke",
        "4727" | "4731" | "4754" | "4744" | "4749" => "create",
        "4730" | "4734" | "4758" | "4748" | "4753" => "delete",
        _ => "change",
    };
    if matches!(class, class::ACCOUNT_RIGHTS_CHANGED | class::ACCOUNT_CHANGED) {
        row.text(field::ACTION, action);
    }
}

/// `CN=jdoe,OU=…` is `jdoe`.
fn common_name(name: &str) -> &str {
    let first = name.split(',').next().unwrap_or(name);
    first.strip_prefix("CN=").or(first.strip_prefix("cn=")).unwrap_or(first)
}

/// In whose name it happened.
fn write_user(row: &mut RowWriter<'_>, pairs: &Pairs<'_>) {
    if let Some(user) = known(
        pairs,
        &["SubjectUserName", "User", "EcsUser", "LogUser", "Detection User", "UserName", "UserContext"],
    ) {
        fold::set(row, field::USER, user);
    }
    if !row.has(field::USER_DOMAIN) {
        row.maybe(field::USER_DOMAIN, known(pairs, &["SubjectDomainName", "EcsDomain", "LogDomain"]));
    }
}

fn write_process(row: &mut RowWriter<'_>, is_sysmon: bool, pairs: &Pairs<'_>) {
    let path = known(pairs, &["NewProcessName", "Image", "SourceImage", "ProcessName", "Application"]);
    if let Some(path) = path {
        row.text(field::PROCESS_PATH, path).text(field::PROCESS_NAME, base_name(path));
    }
    row.maybe(field::PROCESS_COMMAND, known(pairs, &["CommandLine"]));
    if let Some(id) = known(pairs, &["NewProcessId", "ProcessId"]).and_then(process_id) {
        row.int(field::PROCESS_ID, id);
    }
    if let Some(parent) = known(pairs, &["ParentImage", "ParentProcessName"]) {
        row.text(field::PARENT_PATH, parent).text(field::PARENT_NAME, base_name(parent));
    }
    row.maybe(field::PARENT_COMMAND, known(pairs, &["ParentCommandLine"]));
    if let Some(hash) = known(pairs, &["Hashes"]).and_then(best_hash) {
        let of_file = known(pairs, &["TargetFilename", "ImageLoaded"]).is_some();
        row.text(if of_file { field::FILE_HASH } else { field::PROCESS_HASH }, hash);
    }
    if is_sysmon {
        row.maybe(field::MESSAGE, known(pairs, &["TargetImage"]));
    }
}

fn base_name(path: &str) -> &str {
    path.rsplit(['\\', '/']).next().unwrap_or(path)
}

fn process_id(sent: &str) -> Option<i64> {
    match sent.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16).ok(),
        None => sent.parse().ok(),
    }
}

/// Of `SHA1=…,MD5=…,SHA256=…` the strongest.
fn best_hash(hashes: &str) -> Option<&str> {
    let of = |kind: &str| hashes.split(',').find_map(|hash| hash.trim().strip_prefix(kind));
    of("SHA256=").or(of("SHA1=")).or(of("MD5="))
}

fn write_network(row: &mut RowWriter<'_>, pairs: &Pairs<'_>) {
    const ENDS: &[(FieldId, &[&str])] = &[
        (field::SRC_IP, &["IpAddress", "ClientAddress", "SourceAddress", "SourceIp"]),
        (field::SRC_PORT, &["IpPort", "SourcePort"]),
        (field::DST_IP, &["DestAddress", "DestinationIp", "NASIPv4Address"]),
        (field::DST_PORT, &["DestPort", "DestinationPort"]),
        (field::SRC_MAC, &["CallingStationID"]),
        (field::SRC_IP, &["CallingStationID"]),
        (field::SRC_HOST, &["SourceHostname"]),
        (field::DST_HOST, &["DestinationHostname", "TargetServerName"]),
        (field::QUERY, &["QueryName"]),
        (field::ANSWER, &["QueryResults"]),
        (field::RCODE, &["QueryStatus"]),
    ];
    for &(field, names) in ENDS {
        if !row.has(field) {
            row.maybe(field, known(pairs, names));
        }
    }
    if let Some(proto) = known(pairs, &["Protocol"]) {
        set_proto(row, proto);
    }
    let direction = match known(pairs, &["Direction"]) {
        Some("%%14592") => Some("in"),
        Some("%%14593") => Some("out"),
        _ => None,
    };
    row.maybe(field::DIRECTION, direction);
    if matches!(pairs.get("EventID"), Some("5157" | "5152")) {
        row.text(field::OUTCOME, "blocked");
    }
    if let Some(message) = known(pairs, &["Message"]) {
        write_sentence(row, message);
    }
}

/// Data that NXLog leaves in the text of some events.
fn write_sentence(row: &mut RowWriter<'_>, message: &str) {
    let after = |word: &str| message.split_once(word).map(|(_, rest)| rest.trim_start());
    if let Some(rest) = ["Client IP:", "Client Address:", "<IpAddress>"].iter().find_map(|word| after(word)) {
        words::set_address_in(row, field::SRC_IP, rest.split(['\r', '\n', '<']).next().unwrap_or_default());
    }
    if let Some(rest) = after("Subject:").and_then(|rest| rest.strip_prefix("User Name:"))
        && !row.has(field::USER)
    {
        fold::set(row, field::USER, rest.trim_start().split(['\r', '\n']).next().unwrap_or_default());
    }
}

/// What was done, for events whose class leaves it open.
fn action(is_sysmon: bool, number: &str, pairs: &Pairs<'_>) -> Option<&'static str> {
    let kind = pairs.get("EventType").unwrap_or_default();
    Some(match (is_sysmon, number) {
        (true, "12") if kind.starts_with("Delete") => "delete",
        (true, "12") => "create",
        (true, "2" | "13" | "14") => "change",
        (true, "9") => "read",
        (true, "11" | "15" | "29" | "17") => "create",
        (true, "23" | "26" | "28") => "delete",
        (false, "106" | "4697" | "4698" | "7045") => "create",
        (false, "141" | "4699") => "delete",
        (false, "4702" | "140") => "change",
        (false, "129" | "4105" | "101") => "begin",
        (false, "4106") => "end",
        (false, "1102" | "104") => "delete",
        _ => return None,
    })
}

/// Events that are a failure by what they are.
fn is_failure(number: &str, pairs: &Pairs<'_>) -> bool {
    let provider = pairs.get("Provider").unwrap_or_default();
    match number {
        "101" | "103" => provider.contains("TaskScheduler"),
        "7000" | "7009" | "7023" | "7024" | "7031" | "7034" => provider.contains("Service Control Manager"),
        "1000" | "1001" => provider.contains("Error"),
        _ => false,
    }
}

/// What events are called in English, whatever language the computer speaks.
const TITLES: &[(&str, &str)] = &[
    ("1102", "The audit log was cleared"),
    ("4624", "An account was successfully logged on"),
    ("4625", "An account failed to log on"),
    ("4634", "An account was logged off"),
    ("4647", "User initiated logoff"),
    ("4648", "A logon was attempted using explicit credentials"),
    ("4656", "A handle to an object was requested"),
    ("4657", "A registry value was modified"),
    ("4658", "The handle to an object was closed"),
    ("4662", "An operation was performed on an object"),
    ("4663", "An attempt was made to access an object"),
    ("4670", "Permissions on an object were changed"),
    ("4672", "Special privileges assigned to new logon"),
    ("4673", "A privileged service was called"),
    ("4688", "A new process has been created"),
    ("4689", "A process has exited"),
    ("4697", "A service was installed in the system"),
    ("4698", "A scheduled task was created"),
    ("4699", "A scheduled task was deleted"),
    ("4702", "A scheduled task was updated"),
    ("4720", "A user account was created"),
    ("4722", "A user account was enabled"),
    ("4723", "An attempt was made to change an account's password"),
    ("4724", "An attempt was made to reset an account's password"),
    ("4725", "A user account was disabled"),
    ("4726", "A user account was deleted"),
    ("4728", "A member was added to a security-enabled global group"),
    ("4732", "A member was added to a security-enabled local group"),
    ("4738", "A user account was changed"),
    ("4740", "A user account was locked out"),
    ("4742", "A computer account was changed"),
    ("4756", "A member was added to a security-enabled universal group"),
    ("4767", "A user account was unlocked"),
    ("4768", "A Kerberos authentication ticket (TGT) was requested"),
    ("4769", "A Kerberos service ticket was requested"),
    ("4771", "Kerberos pre-authentication failed"),
    ("4776", "The domain controller attempted to validate the credentials for an account"),
    ("4887", "Certificate Services approved a certificate request and issued a certificate"),
    ("4825", "A user was denied the access to Remote Desktop"),
    ("4929", "An Active Directory replica source naming context was removed"),
    ("4932", "Synchronization of a replica of an Active Directory naming context has begun"),
    ("5136", "A directory service object was modified"),
    ("5140", "A network share object was accessed"),
    ("5145", "A network share object was checked to see whether client can be granted desired access"),
    ("5156", "The Windows Filtering Platform has allowed a connection"),
    ("5157", "The Windows Filtering Platform has blocked a connection"),
    ("6272", "Network Policy Server granted access to a user"),
    ("6273", "Network Policy Server denied access to a user"),
];

/// The same of Sysmon.
const SYSMON_TITLES: &[(&str, &str)] = &[
    ("1", "Process creation"),
    ("2", "A process changed a file creation time"),
    ("3", "Network connection"),
    ("5", "Process terminated"),
    ("6", "Driver loaded"),
    ("7", "Image loaded"),
    ("8", "CreateRemoteThread"),
    ("9", "RawAccessRead"),
    ("10", "ProcessAccess"),
    ("11", "FileCreate"),
    ("12", "RegistryEvent (Object create and delete)"),
    ("13", "RegistryEvent (Value Set)"),
    ("14", "RegistryEvent (Key and Value Rename)"),
    ("15", "FileCreateStreamHash"),
    ("17", "Pipe created"),
    ("18", "Pipe connected"),
    ("22", "DNS query"),
    ("23", "File Delete archived"),
    ("25", "Process Tampering"),
    ("26", "File Delete logged"),
];

/// What an event is called.
pub(super) fn title(is_sysmon: bool, number: &str) -> Option<&'static str> {
    let titles = if is_sysmon { SYSMON_TITLES } else { TITLES };
    titles.iter().find(|(known, _)| *known == number).map(|(_, title)| *title)
}
