import com.espertech.esper.common.client.EPCompiled;
import com.espertech.esper.common.client.EventBean;
import com.espertech.esper.common.client.configuration.Configuration;
import com.espertech.esper.compiler.client.CompilerArguments;
import com.espertech.esper.compiler.client.EPCompilerProvider;
import com.espertech.esper.runtime.client.EPDeployment;
import com.espertech.esper.runtime.client.EPEventService;
import com.espertech.esper.runtime.client.EPRuntime;
import com.espertech.esper.runtime.client.EPRuntimeProvider;

/**
 * The questions in EPL. Windows are a millisecond longer than the question says, because Esper's exclude their far end and
 * the stream counts in milliseconds: so ties are answered alike.
 */
final class EsperPeer implements Peer.Engine {
    private static final String[] TYPES = {"A", "B", "C"};
    private static int runtimes;

    private final EPRuntime runtime;
    private final EPEventService events;

    EsperPeer(String question, Peer.Answers answers) throws Exception {
        Configuration configuration = new Configuration();
        for (String type : TYPES) {
            configuration.getCommon().addEventType(
                    type, new String[] {"key", "ts"}, new Object[] {int.class, long.class});
        }
        configuration.getRuntime().getThreading().setInternalTimerEnabled(false);
        EPCompiled compiled = EPCompilerProvider.getCompiler()
                .compile("@name('q') " + epl(question), new CompilerArguments(configuration));
        runtime = EPRuntimeProvider.getRuntime("r" + runtimes++, configuration);
        events = runtime.getEventService();
        events.advanceTime(0);
        EPDeployment deployment = runtime.getDeploymentService().deploy(compiled);
        runtime.getDeploymentService().getStatement(deployment.getDeploymentId(), "q").addListener(
                (found, gone, statement, from) -> {
                    for (EventBean one : found) {
                        answers.add((Integer) one.get("key"), (Long) one.get("ts"));
                    }
                });
    }

    private static String epl(String question) {
        switch (question) {
            case "Q1":
                return "select b.key as key, b.ts as ts from B as b where exists "
                        + "(select * from A#unique(key) as a where a.key = b.key and b.ts - a.ts <= 60000)";
            case "Q1p":
                return "select b.key as key, b.ts as ts from pattern "
                        + "[every a=A -> b=B(key = a.key) where timer:within(60001 milliseconds)]";
            case "Q2":
                return "select key, ts, count(*) as n from C#time(60001 milliseconds) group by key "
                        + "having count(*) >= 10";
            case "Q3":
                return "select a.key as key, a.ts as ts from pattern "
                        + "[every a=A -> (timer:interval(30001 milliseconds) and not B(key = a.key))]";
            default:
                throw new IllegalArgumentException(question);
        }
    }

    @Override
    public void send(int type, int key, long ts) {
        events.advanceTime(ts);
        events.sendEventObjectArray(new Object[] {key, ts}, TYPES[type]);
    }

    @Override
    public void advance(long ts) {
        events.advanceTime(ts);
    }

    @Override
    public void close() {
        runtime.destroy();
    }
}
