import com.sun.net.httpserver.HttpServer;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;

/**
 * Takes the options that the real console takes and shows what it was given. It asks the cluster nothing, so it serves
 * none of the console's queries.
 */
public final class ConsoleStandIn {
    public static void main(String[] arguments) throws Exception {
        for (String argument : arguments) {
            // Spring Boot takes each property on the command line too, and there it wins.
            if (argument.startsWith("--") && argument.contains("=")) {
                int equals = argument.indexOf('=');
                System.setProperty(argument.substring(2, equals), argument.substring(equals + 1));
            }
        }
        String host = option("0.0.0.0", "server.address");
        int port = Integer.parseInt(option("8080", "server.port"));
        // In the order of strength that releases 2.x give them.
        String nameServers = option(
                "none",
                "rocketmq.config.namesrvAddrs[0]",
                "rocketmq.config.namesrvAddrs",
                "rocketmq.config.namesrvAddr",
                "rocketmq.namesrv.addr");
        String vipChannel =
                option("true", "rocketmq.config.isVIPChannel", "com.rocketmq.sendMessageWithVIPChannel");

        byte[] page = page(nameServers, vipChannel).getBytes(StandardCharsets.UTF_8);
        HttpServer server = HttpServer.create(new InetSocketAddress(host, port), 0);
        server.createContext("/", exchange -> {
            boolean found = exchange.getRequestURI().getPath().equals("/");
            exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
            exchange.sendResponseHeaders(found ? 200 : 404, found ? page.length : -1);
            if (found) {
                try (OutputStream body = exchange.getResponseBody()) {
                    body.write(page);
                }
            }
            exchange.close();
        });
        server.setExecutor(Executors.newFixedThreadPool(2));
        server.start();
        System.out.println("STAND-IN for the RocketMQ console on port " + port + ", name servers " + nameServers);
    }

    private static String option(String fallback, String... names) {
        for (String name : names) {
            String value = System.getProperty(name, "").trim();
            if (!value.isEmpty()) {
                return value;
            }
        }
        return fallback;
    }

    private static String page(String nameServers, String vipChannel) {
        StringBuilder list = new StringBuilder();
        for (String address : nameServers.split("[;,]")) {
            list.append("<li>").append(escape(address.trim())).append("</li>");
        }
        return "<!doctype html><html lang=\"en\"><title>STAND-IN, not the RocketMQ console</title>"
                + "<h1>This is a stand-in, not the RocketMQ console</h1>"
                + "<p>Apache publishes the console as source only. This page holds its place: it runs under the same"
                + " unit, on the same port, with the same options, and asks the cluster nothing."
                + " Deploy the real one with <code>rocketmq_dashboard_file</code> and"
                + " <code>rocketmq_dashboard_sha256</code>.</p>"
                + "<h2>Name servers it was given</h2><ul id=\"namesrv\">" + list + "</ul>"
                + "<p>VIP channel: <span id=\"vip\">" + escape(vipChannel) + "</span></p></html>\n";
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    private ConsoleStandIn() {}
}
