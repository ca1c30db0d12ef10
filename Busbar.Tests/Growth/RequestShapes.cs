using System.Text;
using Busbar.Ir;
using Busbar.Ir.Request;

namespace Busbar.Tests.Growth;

/// <summary>Requests made of one element, repeated: what a hostile caller sends to make much work out of few bytes.</summary>
internal static class RequestShapes
{
    /// <summary>Each shape by its name: the body of a protocol for a number of repetitions.</summary>
    public static IReadOnlyDictionary<string, Func<ProtocolId, int, byte[]>> All { get; } = new Dictionary<string, Func<ProtocolId, int, byte[]>>
    {
        ["turns"] = Of(static (body, n) => Each(n, index => body.User($"u{index}").Assistant($"a{index}"))),
        ["turns of one side"] = Of(static (body, n) => Each(n, index => body.User($"u{index}"))),
        ["parts"] = Of(static (body, n) => body.User(Enumerable.Range(0, n).Select(static index => $"part {index}"))),
        ["empty parts"] = Of(static (body, n) => body.User(Enumerable.Repeat("", n))),
        ["blank parts"] = Of(static (body, n) => body.User(Enumerable.Repeat(" ", n))),
        ["blanks in a text"] = Of(static (body, n) => body.User(new string(' ', n * 64))),
        ["escaped blanks in texts"] = Of(static (body, n) => body.User(Enumerable.Repeat("\\n\\t\\u0020", n))),
        ["a text"] = Of(static (body, n) => body.User(new string('x', n * 64))),
        ["escapes"] = Of(static (body, n) => body.User(string.Concat(Enumerable.Repeat("\\u00e9\\n\\\"", n * 4)))),
        ["tools"] = Of(static (body, n) => Each(n, index => body.Tool($"tool_{index}"))),
        ["strict tools"] = Of(static (body, n) => Each(n, index => body.Tool($"tool_{index}", strict: true))),
        ["tools with names to replace"] = Of(static (body, n) => Each(n, index => body.Tool($"tool {index}"))),
        ["tools with names that meet"] = Of(static (body, n)
            => Each(n, index
            => body.Tool($"tool{string.Concat(Convert.ToString(index, 2).PadLeft(20, '0').Select(static bit => bit == '1' ? ' ' : '/'))}"))),
        ["escaped tool names"] = Of(static (body, n) => Each(n, index => body.Tool($"\\u0074ool_{index}"))),
        ["one tool name"] = Of(static (body, n) => Each(n, _ => body.Tool("tool"))),
        ["allowed tools"] = Of(static (body, n) => Each(n, index => body.Tool($"tool_{index}"))
            .Allow(Enumerable.Range(0, n).Select(static index => $"tool_{index}"))),
        ["allowed tools that are missing"] = Of(static (body, n) => Each(n, index => body.Tool($"tool_{index}"))
            .Allow(Enumerable.Range(0, n).Select(static index => $"none_{index}"))),
        ["calls in turns"] = Of(static (body, n) => Each(n, index => body.Calls([($"call_{index}", "tool")]).Results([($"call_{index}", "tool")]))),
        ["calls in one turn"] = Of(static (body, n) => body.Calls(Calls(n)).Results(Calls(n))),
        ["calls answered backwards"] = Of(static (body, n) => body.Calls(Calls(n)).Results(Calls(n).Reverse())),
        ["calls without ids"] = Of(static (body, n) => body.Calls(Enumerable.Repeat(("", "tool"), n)).Results(Enumerable.Repeat(("", "tool"), n))),
        ["calls of one id"] = Of(static (body, n) => body.Calls(Enumerable.Repeat(("call_1", "tool"), n))
            .Results(Enumerable.Repeat(("call_1", "tool"), n))),
        ["calls of unknown names"] = Of(static (body, n) => body.Calls(
            Enumerable.Range(0, n).Select(static index => ($"call_{index}", $"no tool {index}")))),
        ["calls without results"] = Of(static (body, n) => Each(n, index => body.Calls([($"call_{index}", "tool")]).User("no"))),
        ["results without calls"] = Of(static (body, n) => body.User("a").Results(Calls(n))),
        ["interrupted calls"] = Of(static (body, n) => Each(n, _ => body, body.Calls(Calls(n)).User("wait").Assistant("yes")).Results(Calls(n))),
        ["interrupted calls, one result a turn"] = Of(static (body, n)
            => Each(n, index => body.Results([($"call_{index}", "tool")]).User("wait"), body.Calls(Calls(n)))),
        ["results that are late"] = Of(static (body, n) => Each(
            n, index => body.Results([($"call_{index}", "tool")]), Each(n, index => body.Calls([($"call_{index}", "tool")]).User("and")))),
        ["words between results"] = Of(static (body, n) => Each(
            n, index => body.Results([($"call_{index}", "tool")]).User("and"), body.Calls(Calls(n)))),
        ["properties"] = Of(static (body, n) => body.Tool("tool", Schemas.Wide(n), strict: true)),
        ["properties of the answer"] = Of(static (body, n) => body.Format(Schemas.Wide(n))),
        ["references"] = Of(static (body, n) => body.Tool("tool", Schemas.References(n), strict: true)),
        ["references in a chain"] = Of(static (body, n) => body.Tool("tool", Schemas.Chain(n))),
        ["references of the answer"] = Of(static (body, n) => body.Format(Schemas.References(n))),
        ["alternatives"] = Of(static (body, n) => body.Tool("tool", Schemas.Alternatives(n, "anyOf"))),
        ["parts of all"] = Of(static (body, n) => body.Tool("tool", Schemas.Alternatives(n, "allOf"))),
        ["enumeration"] = Of(static (body, n) => body.Tool("tool", Schemas.Enumeration(n))),
        ["types"] = Of(static (body, n) => body.Tool("tool",
            $$$$$"""{"type":"object","properties":{"a":{"type":[{{{{{string.Join(',', Enumerable.Repeat("\"string\",\"null\"", n))}}}}}]}}}""")),
        ["small schemas"] = Of(static (body, n) => Each(n, index => body.Tool($"tool_{index}", Schemas.References(4), strict: true))),
        ["stop sequences"] = Of(static (body, n) => body.Stop(Enumerable.Range(0, n).Select(static index => $"stop {index}"))),
        ["unknown members"] = Of(static (body, n) => Each(n, index => body.Member($"member_{index}", "1"))),
        ["one member"] = Of(static (body, n) => Each(n, index => body.Member("temperature", "1"))),
        ["escaped member"] = Of(static (body, n) => Each(n, index => body.Member("\\u0074emperature", "1"))),
        ["metadata"] = Of(static (body, n) => body.Member("metadata",
            $"{{{string.Join(',', Enumerable.Range(0, n).Select(static index => $"\"key {index}\":\"value\""))}}}")),
    };

    private static Func<ProtocolId, int, byte[]> Of(Func<Bodies, int, Bodies> build) => (protocol, n) => build(new Bodies(protocol), n).Build();

    private static Bodies Each(int n, Func<int, Bodies> add, Bodies? body = null)
    {
        for (int index = 0; index < n; index++)
        {
            body = add(index);
        }

        return body!;
    }

    private static IEnumerable<(string Id, string Name)> Calls(int n) => Enumerable.Range(0, n).Select(static index => ($"call_{index}", "tool"));
}
