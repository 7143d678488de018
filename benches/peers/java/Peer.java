import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;

/**
 * One engine, one question, one stream: {@code Peer ENGINE QUESTION EVENTS KEYS SECONDS ANSWERS}.
 *
 * <p>Sends the stream W1 (the same generator as benches/stream.rs) once to warm up and once measured, each to an engine of
 * its own, and stops a pass after SECONDS of CPU time. Prints the events of the measured pass and the CPU seconds of the
 * sending thread and of the process; writes the answers to ANSWERS as pairs (key, ts of the terminal event in ms). It
 * judges nothing: the bench does.
 */
public final class Peer {
    private static final long START_MS = 1_700_000_000_000L;

    /** Takes what an engine answers. */
    interface Answers {
        void add(int key, long ts);
    }

    /** An engine that has been given a question. */
    interface Engine {
        /** An event of type 0 (A), 1 (B) or 2 (C). */
        void send(int type, int key, long ts) throws Exception;

        /** Nothing happens any more until this instant. */
        void advance(long ts) throws Exception;

        void close();
    }

    public static void main(String[] args) throws Exception {
        String engine = args[0], question = args[1];
        int events = Integer.parseInt(args[2]), keys = Integer.parseInt(args[3]);
        double seconds = Double.parseDouble(args[4]);
        run(engine, question, events, keys, seconds, new Growing());
        Growing answers = new Growing();
        System.gc();
        String measured = run(engine, question, events, keys, seconds, answers);
        answers.write(args[5]);
        System.out.println(measured);
        System.exit(0);
    }

    private static String run(String name, String question, int events, int keys, double seconds, Growing answers)
            throws Exception {
        Engine engine = name.equals("siddhi") ? new SiddhiPeer(question, answers) : new EsperPeer(question, answers);
        long state = 0x2545_f491_4f6c_dd1dL, threadStart = threadNanos(), processStart = processNanos();
        int sent = 0;
        for (; sent < events; sent++) {
            if (sent % 1_000 == 0 && (threadNanos() - threadStart) / 1e9 > seconds) {
                break;
            }
            state = next(state);
            long letter = Long.remainderUnsigned(state, 100);
            state = next(state);
            int key = (int) Long.remainderUnsigned(state, keys);
            engine.send(letter < 5 ? 0 : letter < 10 ? 1 : 2, key, START_MS + sent);
        }
        double thread = (threadNanos() - threadStart) / 1e9, process = (processNanos() - processStart) / 1e9;
        if (sent == events) {
            engine.advance(START_MS + sent + 600_000L);
        }
        engine.close();
        return sent + " " + thread + " " + process;
    }

    private static long next(long state) {
        state ^= state << 13;
        state ^= state >>> 7;
        state ^= state << 17;
        return state;
    }

    private static long threadNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static long processNanos() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    /** Answers in arrays that grow; engines may answer from other threads. */
    private static final class Growing implements Answers {
        private int[] keys = new int[1 << 16];
        private long[] times = new long[1 << 16];
        private int count;

        @Override
        public synchronized void add(int key, long ts) {
            if (count == keys.length) {
                keys = java.util.Arrays.copyOf(keys, 2 * count);
                times = java.util.Arrays.copyOf(times, 2 * count);
            }
            keys[count] = key;
            times[count++] = ts;
        }

        void write(String path) throws IOException {
            try (DataOutputStream out = new DataOutputStream(new BufferedOutputStream(new FileOutputStream(path)))) {
                for (int at = 0; at < count; at++) {
                    out.writeInt(keys[at]);
                    out.writeLong(times[at] - START_MS);
                }
            }
        }
    }
}
