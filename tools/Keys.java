// Copyright (c) 2026 rocketmq.cluster contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What the RocketMQ on the class path takes from its configuration files, by its own parsers: a line for each key with
 * process, key, type, and the name by which the process shows it. See tools/keys.py.
 */
public class Keys {
    private static final String ROOT = "org.apache.rocketmq.";
    private static final String[] MADE_OF = {
        "namesrv namesrv.NamesrvController",
        "broker broker.BrokerController",
        "controller controller.ControllerManager",
    };
    /** A plugin of the broker that comes with it reads the same file. */
    private static final String[] PLUGINS = {
        "tieredstore.MessageStoreConfig",
        "tieredstore.common.TieredMessageStoreConfig",
    };
    /** What the broker reads besides, without a setter. */
    private static final String[] READ_BY_NAME = {"rmqAddressServerDomain", "rmqAddressServerSubGroup"};
    private static final String[] JSON = {"com.alibaba.fastjson2.JSON", "com.alibaba.fastjson.JSON"};
    /** The types that the parsers know. */
    private static final Map<String, String> TYPES = Map.ofEntries(
        Map.entry("int", "int"),
        Map.entry("Integer", "int"),
        Map.entry("long", "long"),
        Map.entry("Long", "long"),
        Map.entry("double", "double"),
        Map.entry("Double", "double"),
        Map.entry("float", "float"),
        Map.entry("Float", "float"),
        Map.entry("boolean", "boolean"),
        Map.entry("Boolean", "boolean"),
        Map.entry("String", "String"));

    /** How a process reads one setting into one of its objects. */
    private interface Reader {
        Object read(Class<?> type, String key, String value) throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        for (String line : MADE_OF) {
            String[] words = line.split(" ");
            for (Class<?> made : classes(words[1])) {
                Set<Class<?>> configs = configs(made);
                if (words[0].equals("broker")) {
                    configs.addAll(classes(PLUGINS));
                    for (String key : READ_BY_NAME) {
                        print("broker", key, "String", key);
                    }
                }
                for (Class<?> config : configs) {
                    tell(words[0], config, Keys::fromProperties);
                }
            }
        }
        for (Class<?> config : classes("proxy.config.ProxyConfig")) {
            tell("proxy", config, Keys::fromJson);
            for (Class<?> auth : classes("auth.config.AuthConfig")) {
                tell("proxy", auth, Keys::fromJson);
            }
        }
    }

    private static List<Class<?>> classes(String... names) {
        List<Class<?>> found = new ArrayList<>();
        for (String name : names) {
            try {
                found.add(Class.forName(name.startsWith("com.") ? name : ROOT + name));
            } catch (ClassNotFoundException absent) {
                // Not in this version.
            }
        }
        return found;
    }

    /** The objects that a process is made of and that its file is read into, and those inside of them. */
    private static Set<Class<?>> configs(Class<?> made) {
        Constructor<?> longest =
            Arrays.stream(made.getConstructors()).max(Comparator.comparingInt(Constructor::getParameterCount)).get();
        Set<Class<?>> found = new LinkedHashSet<>();
        for (Class<?> type : longest.getParameterTypes()) {
            if (type.getSimpleName().endsWith("Config")) {
                found.add(type);
                Arrays.stream(type.getMethods())
                    .filter(method -> method.getName().startsWith("set"))
                    .flatMap(method -> Arrays.stream(method.getParameterTypes()))
                    .filter(inner -> inner.getSimpleName().endsWith("Config"))
                    .forEach(found::add);
            }
        }
        return found;
    }

    private static void tell(String process, Class<?> config, Reader reader) throws Exception {
        Map<String, Set<Class<?>>> setters = new TreeMap<>();
        for (Method method : config.getMethods()) {
            String name = method.getName();
            if (name.startsWith("set") && name.length() > 3 && method.getParameterCount() > 0) {
                String key = name.substring(3, 4).toLowerCase() + name.substring(4);
                setters.computeIfAbsent(key, same -> new LinkedHashSet<>()).add(method.getParameterTypes()[0]);
            }
        }
        for (Map.Entry<String, Set<Class<?>>> setter : setters.entrySet()) {
            String key = setter.getKey();
            List<String> choices = choices(config, key, setter.getValue());
            Set<String> types = setter.getValue().stream()
                .map(type -> TYPES.get(type.getSimpleName()))
                .filter(Objects::nonNull)
                .collect(Collectors.toCollection(TreeSet::new));
            Set<String> shown = shown(config, key, choices, reader);
            if (shown.isEmpty()) {
                continue; // The parser passes it over.
            }
            String type = choices.isEmpty() ? String.join(" ", types) : String.join("|", choices);
            if (type.isEmpty() || type.contains(" ") || shown.size() > 1) {
                throw new IllegalStateException(config + " " + key + " has " + types + " and shows " + shown);
            }
            print(process, key, type, shown.iterator().next());
        }
    }

    /** The names that a setting can have, where its field or a setter has a type of its own for them. */
    private static List<String> choices(Class<?> config, String key, Set<Class<?>> types) {
        Set<Class<?>> all = new LinkedHashSet<>(types);
        for (Class<?> owner = config; owner != Object.class; owner = owner.getSuperclass()) {
            Arrays.stream(owner.getDeclaredFields())
                .filter(field -> field.getName().equals(key))
                .map(Field::getType)
                .forEach(all::add);
        }
        return all.stream()
            .filter(Class::isEnum)
            .flatMap(type -> Arrays.stream(type.getEnumConstants()))
            .map(constant -> ((Enum<?>) constant).name())
            .distinct()
            .collect(Collectors.toList());
    }

    /** The names of what changes when the key is set. */
    private static Set<String> shown(Class<?> config, String key, List<String> choices, Reader reader) throws Exception {
        Set<String> found = new TreeSet<>();
        List<String> values = new ArrayList<>(choices);
        values.addAll(List.of("true", "false", "7", "8", "some text"));
        Properties before = shown(config.getConstructor().newInstance());
        for (String value : values) {
            found.addAll(differing(before, shown(reader.read(config, key, value))));
        }
        // Objects inside are shown by where they are in memory.
        found.removeAll(differing(before, shown(config.getConstructor().newInstance())));
        return found;
    }

    private static Set<String> differing(Properties before, Properties after) {
        return after.stringPropertyNames().stream()
            .filter(name -> !after.getProperty(name).equals(before.getProperty(name)))
            .collect(Collectors.toSet());
    }

    private static Properties shown(Object config) throws Exception {
        return (Properties) classes("common.MixAll").get(0).getMethod("object2Properties", Object.class).invoke(null, config);
    }

    private static Object fromProperties(Class<?> type, String key, String value) throws Exception {
        Properties file = new Properties();
        file.setProperty(key, value);
        Object config = type.getConstructor().newInstance();
        classes("common.MixAll").get(0).getMethod("properties2Object", Properties.class, Object.class).invoke(null, file, config);
        return config;
    }

    private static Object fromJson(Class<?> type, String key, String value) throws Exception {
        try {
            return classes(JSON).get(0)
                .getMethod("parseObject", String.class, Class.class)
                .invoke(null, String.format("{\"%s\":\"%s\"}", key, value), type);
        } catch (InvocationTargetException refused) {
            return type.getConstructor().newInstance(); // Not a value of this type.
        }
    }

    private static void print(String... words) {
        System.out.println("key\t" + String.join("\t", words));
    }
}
