import io.siddhi.core.SiddhiAppRuntime;
import io.siddhi.core.SiddhiManager;
import io.siddhi.core.event.Event;
import io.siddhi.core.stream.input.InputHandler;
import io.siddhi.core.stream.output.StreamCallback;

/**
 * The questions in Siddhi's language, in playback, so that the events' own time is its clock. Windows are a millisecond
 * longer than the question says, as for Esper.
 */
final class SiddhiPeer implements Peer.Engine {
    private static final String STREAMS = "@app:playback "
            + "define stream A (key int, ts long); define stream B (key int, ts long); "
            + "define stream C (key int, ts long); ";

    private final SiddhiManager manager = new SiddhiManager();
    private final SiddhiAppRuntime runtime;
    private final InputHandler[] inputs;

    SiddhiPeer(String question, Peer.Answers answers) {
        runtime = manager.createSiddhiAppRuntime(STREAMS + query(question));
        runtime.addCallback("Found", new StreamCallback() {
            @Override
            public void receive(Event[] found) {
                for (Event one : found) {
                    answers.add((Integer) one.getData(0), (Long) one.getData(1));
                }
            }
        });
        runtime.start();
        inputs = new InputHandler[] {
            runtime.getInputHandler("A"), runtime.getInputHandler("B"), runtime.getInputHandler("C")
        };
    }

    private static String query(String question) {
        switch (question) {
            case "Q1":
                return "partition with (key of A, key of B) begin "
                        + "from every e1=A -> e2=B within 60001 milliseconds "
                        + "select e2.key as key, e2.ts as ts insert into Found; end;";
            case "Q2":
                return "from C#window.time(60001 milliseconds) "
                        + "select key, ts, count() as n group by key having n >= 10 insert into Found;";
            case "Q3":
                return "partition with (key of A, key of B) begin "
                        + "from every e1=A -> not B for 30001 milliseconds "
                        + "select e1.key as key, e1.ts as ts insert into Found; end;";
            default:
                throw new IllegalArgumentException(question);
        }
    }

    @Override
    public void send(int type, int key, long ts) throws InterruptedException {
        inputs[type].send(ts, new Object[] {key, ts});
    }

    /** Its clock moves with events only: this one is of a key that nothing else has. */
    @Override
    public void advance(long ts) throws InterruptedException {
        inputs[2].send(ts, new Object[] {-1, ts});
    }

    @Override
    public void close() {
        runtime.shutdown();
        manager.shutdown();
    }
}
