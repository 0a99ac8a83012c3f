package ledger;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.LocalTransactionState;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.client.producer.TransactionListener;
import org.apache.rocketmq.client.producer.TransactionMQProducer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * Sends messages of every kind, and writes down what push consumers get of them. Driven and judged by kinds.py.
 *
 * <p>A key is {@code KIND-VARIANT-NUMBER}. Variants: of ordered messages the shard that has an order, of delayed ones the
 * level, of transactional ones what becomes of them.
 */
final class MessageKinds {
    private static final String[] KINDS = {"normal", "ordered", "delayed", "transactional"};
    private static final int SHARDS = 5;
    /** 5 s and 10 s. */
    private static final int[] LEVELS = {2, 3};

    private final Map<String, String> options;
    private final int count;
    /** Keys that consumers have to get. */
    private final Set<String> missing = ConcurrentHashMap.newKeySet();
    private final Lines sent;
    private final Lines received;
    private volatile long lastReceived = System.currentTimeMillis();

    MessageKinds(Map<String, String> options) throws Exception {
        this.options = options;
        count = Integer.parseInt(options.get("count"));
        sent = new Lines(options.get("sent"));
        received = new Lines(options.get("received"));
    }

    void run() throws Exception {
        DefaultMQProducer producer = new DefaultMQProducer("kinds-producer");
        start(producer);
        for (String kind : options.get("create").equals("true") ? KINDS : new String[0]) {
            producer.createTopic(options.get("cluster"), topic(kind), 4);
        }
        for (String kind : KINDS) {
            waitForQueues(producer, topic(kind));
        }
        for (String kind : KINDS) {
            consume(kind);
        }
        // First, because brokers ask only from time to time what became of a transaction.
        sendTransactional();
        for (int n = 0; n < count; n++) {
            for (int level : LEVELS) {
                send("delayed", String.valueOf(level), n, message -> {
                    message.setDelayTimeLevel(level);
                    return producer.send(message);
                });
            }
        }
        for (int n = 0; n < count; n++) {
            for (int shard = 0; shard < SHARDS; shard++) {
                int own = shard;
                send("ordered", String.valueOf(shard), n, message -> {
                    // By this property alone a proxy knows that a message is an ordered one.
                    message.putUserProperty("__SHARDINGKEY", String.valueOf(own));
                    return producer.send(message, (queues, same, any) -> queues.get(own % queues.size()), null);
                });
            }
        }
        for (int n = 0; n < count; n++) {
            send("normal", "any", n, producer::send);
        }
        long deadline = System.currentTimeMillis() + Long.parseLong(options.get("deadline-ms"));
        // Also after the last key: only silence says that nothing comes that should not.
        while (System.currentTimeMillis() < deadline
                && (!missing.isEmpty() || System.currentTimeMillis() - lastReceived < 3_000)) {
            Thread.sleep(100);
        }
        sent.close();
        received.close();
    }

    private void sendTransactional() throws Exception {
        TransactionMQProducer producer = new TransactionMQProducer("kinds-transactions");
        producer.setTransactionListener(new TransactionListener() {
            @Override
            public LocalTransactionState executeLocalTransaction(Message message, Object variant) {
                switch ((String) variant) {
                    case "commit":
                        return LocalTransactionState.COMMIT_MESSAGE;
                    case "rollback":
                        return LocalTransactionState.ROLLBACK_MESSAGE;
                    default:
                        return LocalTransactionState.UNKNOW;
                }
            }

            @Override
            public LocalTransactionState checkLocalTransaction(MessageExt message) {
                received.add("checked", message.getKeys(), System.currentTimeMillis(), "", 0, 0);
                // A commit through the remoting port of a proxy takes effect only here.
                return message.getKeys().contains("-late-") || message.getKeys().contains("-commit-")
                        ? LocalTransactionState.COMMIT_MESSAGE
                        : LocalTransactionState.ROLLBACK_MESSAGE;
            }
        });
        start(producer);
        for (String variant : new String[] {"commit", "rollback", "late", "never"}) {
            for (int n = 0; n < count; n++) {
                send("transactional", variant, n, message -> producer.sendMessageInTransaction(message, variant));
            }
        }
    }

    private void consume(String kind) throws Exception {
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(topic(kind) + "-consumer");
        consumer.setNamesrvAddr(options.get("namesrv"));
        consumer.setVipChannelEnabled(false);
        consumer.setPollNameServerInterval(1000);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(topic(kind), "*");
        if (kind.equals("ordered")) {
            consumer.registerMessageListener((MessageListenerOrderly) (messages, context) -> {
                read(messages);
                return ConsumeOrderlyStatus.SUCCESS;
            });
        } else {
            consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
                read(messages);
                return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
            });
        }
        consumer.start();
    }

    private void read(List<MessageExt> messages) {
        for (MessageExt message : messages) {
            lastReceived = System.currentTimeMillis();
            received.add("received", message.getKeys(), lastReceived, message.getBrokerName(), message.getQueueId(),
                    message.getQueueOffset());
            missing.remove(message.getKeys());
        }
    }

    private interface Sending {
        SendResult send(Message message) throws Exception;
    }

    private void send(String kind, String variant, int number, Sending sending) throws Exception {
        String key = kind + "-" + variant + "-" + number;
        if (!variant.equals("rollback") && !variant.equals("never")) {
            missing.add(key);
        }
        long started = System.currentTimeMillis();
        SendStatus status = sending.send(new Message(topic(kind), "", key, key.getBytes(StandardCharsets.UTF_8))).getSendStatus();
        if (status != SendStatus.SEND_OK) {
            throw new IllegalStateException(key + ": " + status);
        }
        sent.add(key, started);
    }

    private String topic(String kind) {
        return options.get("topic") + "-" + kind;
    }

    private void start(DefaultMQProducer producer) throws MQClientException {
        producer.setNamesrvAddr(options.get("namesrv"));
        producer.setVipChannelEnabled(false);
        producer.setPollNameServerInterval(1000);
        producer.start();
    }

    private void waitForQueues(DefaultMQProducer producer, String topic) throws Exception {
        int groups = options.get("groups").split(",").length;
        long deadline = System.currentTimeMillis() + 60_000;
        while (true) {
            Set<String> found = new HashSet<>();
            try {
                producer.fetchPublishMessageQueues(topic).forEach(queue -> found.add(queue.getBrokerName()));
            } catch (MQClientException exception) {
                if (System.currentTimeMillis() > deadline) {
                    throw exception;
                }
            }
            if (found.size() == groups) {
                return;
            }
            if (System.currentTimeMillis() > deadline) {
                throw new IllegalStateException(topic + " has queues in " + found + " only");
            }
            Thread.sleep(200);
        }
    }
}
