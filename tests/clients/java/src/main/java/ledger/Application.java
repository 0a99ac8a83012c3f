package ledger;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.exception.MQBrokerException;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/**
 * Sends and consumes all the time with nothing of the client set but its addresses: time-outs, retries and the choice of
 * queues are the vendor's. Driven and judged by application.py.
 */
final class Application {
    private static final int SENDERS = 4;

    private final Map<String, String> options;
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
    private final Set<String> consumed = ConcurrentHashMap.newKeySet();

    Application(Map<String, String> options) {
        this.options = options;
    }

    void run() throws Exception {
        try (Lines ledger = new Lines(options.get("ledger"));
                Lines failed = new Lines(options.get("failed"));
                Lines received = new Lines(options.get("consumed"))) {
            consume(received);
            List<Thread> senders = send(ledger, failed);
            while (System.in.read() != -1) {
                // Until whoever started us closes the pipe, or dies and so closes it.
            }
            stopped.set(true);
            for (Thread sender : senders) {
                sender.join();
            }
            long deadline = System.currentTimeMillis() + Long.parseLong(options.get("deadline-ms"));
            while (!consumed.containsAll(acknowledged) && System.currentTimeMillis() < deadline) {
                Thread.sleep(100);
            }
        }
    }

    private List<Thread> send(Lines ledger, Lines failed) throws MQClientException {
        DefaultMQProducer producer = new DefaultMQProducer("application-producer");
        producer.setNamesrvAddr(options.get("namesrv"));
        producer.start();
        String run = UUID.randomUUID().toString().substring(0, 8);
        long pauseMs = (long) (1000 * SENDERS / Double.parseDouble(options.get("rate")));
        List<Thread> senders = new ArrayList<>();
        for (int sender = 0; sender < SENDERS; sender++) {
            String prefix = run + "-" + sender + "-";
            Thread thread = new Thread(() -> {
                for (long n = 0; !stopped.get(); n++) {
                    sendOne(producer, prefix + n, ledger, failed);
                    try {
                        Thread.sleep(pauseMs);
                    } catch (InterruptedException interrupted) {
                        return;
                    }
                }
            }, "send-" + sender);
            thread.start();
            senders.add(thread);
        }
        return senders;
    }

    private void sendOne(DefaultMQProducer producer, String id, Lines ledger, Lines failed) {
        long started = System.currentTimeMillis();
        String outcome;
        try {
            SendResult result = producer.send(
                    new Message(options.get("topic"), "", id, id.getBytes(StandardCharsets.UTF_8)));
            if (result.getSendStatus() == SendStatus.SEND_OK) {
                MessageQueue queue = result.getMessageQueue();
                ledger.add(id, queue.getBrokerName(), queue.getQueueId(), result.getQueueOffset(), System.currentTimeMillis());
                acknowledged.add(id);
                return;
            }
            outcome = result.getSendStatus().name();
        } catch (MQBrokerException exception) {
            outcome = "MQBrokerException " + exception.getResponseCode();
        } catch (Exception exception) {
            outcome = exception.getClass().getSimpleName() + " " + String.valueOf(exception.getMessage()).split("\n")[0];
        }
        failed.add(id, "", 0, outcome.replace('\t', ' '), started, System.currentTimeMillis());
    }

    private void consume(Lines received) throws MQClientException {
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(options.get("topic") + "-application");
        consumer.setNamesrvAddr(options.get("namesrv"));
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(options.get("topic"), "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            for (MessageExt message : messages) {
                received.add(message.getKeys(), message.getBrokerName(), message.getQueueId(), message.getQueueOffset());
                consumed.add(message.getKeys());
            }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
    }
}
