package ledger;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.PullResult;
import org.apache.rocketmq.client.consumer.PullStatus;
import org.apache.rocketmq.client.exception.MQBrokerException;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.impl.MQClientAPIImpl;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.common.protocol.route.BrokerData;

/**
 * Sends and reads with the vendor's client and keeps a ledger of it outside the cluster. Driven by ledger.py.
 *
 * <p>One sending thread per broker group, each pinned to that group's queues and without the client's retries: a dead
 * group delays only its own thread, every attempt has an id of its own, and the gaps in the ledger are that group's.
 */
public final class LedgerClient {
    private static final long ROUTE_DEADLINE_MS = 60_000;

    public static void main(String[] arguments) {
        // The client leaves threads behind that would keep the process alive, after a failure too.
        try {
            run(arguments);
        } catch (Throwable failure) {
            failure.printStackTrace();
            System.exit(1);
        }
        System.exit(0);
    }

    private static void run(String[] arguments) throws Exception {
        Map<String, String> options = new HashMap<>();
        for (int i = 1; i + 1 < arguments.length; i += 2) {
            options.put(arguments[i].substring(2), arguments[i + 1]);
        }
        switch (arguments[0]) {
            case "create-topic":
                createTopic(options);
                break;
            case "send":
                send(options);
                break;
            case "consume":
                consume(options);
                break;
            case "kinds":
                new MessageKinds(options).run();
                break;
            case "application":
                new Application(options).run();
                break;
            default:
                throw new IllegalArgumentException("no command " + arguments[0]);
        }
    }

    private static void createTopic(Map<String, String> options) throws Exception {
        DefaultMQProducer producer = producer(options);
        // Every broker of a cluster carries a topic of the cluster's name: its route lists all of them.
        producer.createTopic(options.get("cluster"), options.get("topic"), Integer.parseInt(options.get("queues")));
        queuesByGroup(producer, options);
    }

    private static void send(Map<String, String> options) throws Exception {
        DefaultMQProducer producer = producer(options);
        Map<String, List<MessageQueue>> groups = queuesByGroup(producer, options);
        long count = Long.parseLong(options.get("count"));
        double ratePerGroup = Double.parseDouble(options.get("rate")) / groups.size();
        int size = Integer.parseInt(options.get("size"));
        AtomicLong left = new AtomicLong(count == 0 ? Long.MAX_VALUE : count);
        AtomicBoolean stopped = new AtomicBoolean();
        String run = UUID.randomUUID().toString().substring(0, 8);
        try (Lines acknowledged = new Lines(options.get("ledger"));
                Lines failed = new Lines(options.get("failed"));
                Lines leaders = new Lines(options.get("leaders"))) {
            List<Thread> threads = new ArrayList<>();
            for (Map.Entry<String, List<MessageQueue>> group : groups.entrySet()) {
                Thread thread = new Thread(() -> {
                    String prefix = run + "-" + group.getKey() + "-";
                    List<MessageQueue> queues = group.getValue();
                    long period = ratePerGroup == 0 ? 0 : (long) (1e9 / ratePerGroup);
                    long next = System.nanoTime();
                    for (long n = 0; !stopped.get() && left.getAndDecrement() > 0; n++) {
                        MessageQueue queue = queues.get((int) (n % queues.size()));
                        sendOne(producer, queue, prefix + n, size, acknowledged, failed);
                        next = Math.max(next + period, System.nanoTime());
                        pause(next);
                    }
                }, "send-" + group.getKey());
                thread.start();
                threads.add(thread);
            }
            System.out.println("sending to " + String.join(" ", groups.keySet()));
            if (count == 0) {
                for (String nameServer : options.get("namesrv").split(";")) {
                    watch(options, nameServer, groups.keySet(), leaders, stopped);
                }
                while (System.in.read() != -1) {
                    // Until whoever started us closes the pipe, or dies and so closes it.
                }
                stopped.set(true);
            }
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }

    /** Asks one name server ten times a second who leads, and writes down every change. */
    private static void watch(
            Map<String, String> options, String nameServer, Set<String> groups, Lines leaders, AtomicBoolean stopped)
            throws MQClientException {
        DefaultMQProducer asker = new DefaultMQProducer("ledger-watch");
        asker.setNamesrvAddr(nameServer);
        asker.setInstanceName(nameServer);
        asker.setVipChannelEnabled(false);
        asker.start();
        MQClientAPIImpl client = asker.getDefaultMQProducerImpl().getmQClientFactory().getMQClientAPIImpl();
        Map<String, String> known = new HashMap<>();
        Thread thread = new Thread(() -> {
            while (!stopped.get()) {
                long asked = System.nanoTime();
                try {
                    Map<String, BrokerData> brokers = client.getBrokerClusterInfo(1000).getBrokerAddrTable();
                    for (String group : groups) {
                        BrokerData data = brokers.get(group);
                        String leader = data == null ? null : data.getBrokerAddrs().get(0L);
                        String shown = leader == null ? "none" : leader;
                        if (!shown.equals(known.put(group, shown))) {
                            leaders.add(now(), nameServer, group, shown);
                        }
                    }
                } catch (Exception exception) {
                    // A name server that does not answer says nothing about leaders.
                }
                pause(asked + 100_000_000);
            }
        }, "watch-" + nameServer);
        // It may wait in a request when the files are closed; nothing of it is needed then.
        thread.setDaemon(true);
        thread.start();
    }

    private static void sendOne(
            DefaultMQProducer producer, MessageQueue queue, String id, int size, Lines acknowledged, Lines failed) {
        long started = System.currentTimeMillis();
        byte[] body = Arrays.copyOf(id.getBytes(StandardCharsets.UTF_8), Math.max(size, id.length()));
        String outcome;
        try {
            SendResult result = producer.send(new Message(queue.getTopic(), "", id, body), queue);
            if (result.getSendStatus() == SendStatus.SEND_OK) {
                acknowledged.add(id, queue.getBrokerName(), queue.getQueueId(), result.getQueueOffset(), now());
                return;
            }
            outcome = result.getSendStatus().name();
        } catch (MQBrokerException exception) {
            // Why a broker refuses stands in its code alone.
            outcome = "MQBrokerException " + exception.getResponseCode();
            pause(System.nanoTime() + 50_000_000);
        } catch (Exception exception) {
            outcome = exception.getClass().getSimpleName();
            // A refused connection returns at once; asking again at full speed would only write this file.
            pause(System.nanoTime() + 50_000_000);
        }
        failed.add(id, queue.getBrokerName(), queue.getQueueId(), outcome, started, now());
    }

    private static void consume(Map<String, String> options) throws Exception {
        Set<String> missing = new HashSet<>();
        for (String line : Files.readAllLines(Paths.get(options.get("ledger")), StandardCharsets.UTF_8)) {
            missing.add(line.split("\t")[0]);
        }
        long idleMs = Long.parseLong(options.get("idle-ms"));
        long deadline = now() + Long.parseLong(options.get("deadline-ms"));
        // Not the newer lite consumer: 4.9.7 may leave out what it had fetched before seek().
        DefaultMQPullConsumer consumer = new DefaultMQPullConsumer(options.get("group"));
        consumer.setNamesrvAddr(options.get("namesrv"));
        consumer.setVipChannelEnabled(false);
        consumer.setPollNameServerInterval(Integer.parseInt(options.get("route-ms")));
        consumer.start();
        Map<MessageQueue, Long> next = new HashMap<>();
        for (MessageQueue queue : topicQueues(consumer, options.get("topic"))) {
            next.put(queue, 0L);
        }
        try (Lines consumed = new Lines(options.get("consumed"))) {
            long last = now();
            // Also after the last missing id: only silence says that nothing is stored twice.
            while (now() < deadline && now() - last < (missing.isEmpty() ? Math.min(idleMs, 2_000) : idleMs)) {
                boolean found = false;
                for (MessageQueue queue : next.keySet()) {
                    for (MessageExt message : pull(consumer, queue, next)) {
                        consumed.add(message.getKeys(), queue.getBrokerName(), queue.getQueueId(), message.getQueueOffset());
                        missing.remove(message.getKeys());
                        found = true;
                    }
                }
                last = found ? now() : last;
                pause(System.nanoTime() + (found ? 0 : 200_000_000));
            }
        }
    }

    private static List<MessageExt> pull(DefaultMQPullConsumer consumer, MessageQueue queue, Map<MessageQueue, Long> next) {
        try {
            PullResult result = consumer.pull(queue, "*", next.get(queue), 32);
            next.put(queue, result.getNextBeginOffset());
            return result.getPullStatus() == PullStatus.FOUND ? result.getMsgFoundList() : Collections.emptyList();
        } catch (Exception exception) {
            // Asked again until the deadline: a member may be starting.
            System.out.println(queue + ": " + exception);
            return Collections.emptyList();
        }
    }

    private static Collection<MessageQueue> topicQueues(DefaultMQPullConsumer consumer, String topic) throws Exception {
        long deadline = now() + ROUTE_DEADLINE_MS;
        while (true) {
            try {
                return consumer.fetchSubscribeMessageQueues(topic);
            } catch (MQClientException exception) {
                if (now() > deadline) {
                    throw exception;
                }
                Thread.sleep(500);
            }
        }
    }

    private static DefaultMQProducer producer(Map<String, String> options) throws MQClientException {
        DefaultMQProducer producer = new DefaultMQProducer("ledger-producer");
        producer.setNamesrvAddr(options.get("namesrv"));
        producer.setVipChannelEnabled(false);
        producer.setSendMsgTimeout(Integer.parseInt(options.get("timeout-ms")));
        producer.setPollNameServerInterval(Integer.parseInt(options.get("route-ms")));
        producer.start();
        return producer;
    }

    /** The topic's queues once every expected group has some: a group without a leader has none. */
    private static Map<String, List<MessageQueue>> queuesByGroup(DefaultMQProducer producer, Map<String, String> options)
            throws Exception {
        Set<String> expected = new HashSet<>(Arrays.asList(options.get("groups").split(",")));
        long deadline = now() + ROUTE_DEADLINE_MS;
        while (true) {
            Map<String, List<MessageQueue>> found = new TreeMap<>();
            try {
                for (MessageQueue queue : producer.fetchPublishMessageQueues(options.get("topic"))) {
                    found.computeIfAbsent(queue.getBrokerName(), name -> new ArrayList<>()).add(queue);
                }
            } catch (MQClientException exception) {
                if (now() > deadline) {
                    throw exception;
                }
            }
            if (found.keySet().containsAll(expected)) {
                found.keySet().retainAll(expected);
                return found;
            }
            if (now() > deadline) {
                throw new IllegalStateException("no queue to write to in all of " + expected + ", only in " + found.keySet());
            }
            Thread.sleep(500);
        }
    }

    private static long now() {
        return System.currentTimeMillis();
    }

    private static void pause(long untilNanos) {
        long wait = untilNanos - System.nanoTime();
        if (wait > 0) {
            try {
                Thread.sleep(wait / 1_000_000, (int) (wait % 1_000_000));
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private LedgerClient() {}
}
