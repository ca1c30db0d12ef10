namespace Busbar.Tests.Growth;

/// <summary>Schemas made of one element, repeated.</summary>
internal static class Schemas
{
    /// <summary>An object of so many properties, all of them required.</summary>
    public static string Wide(int n)
    {
        IEnumerable<int> all = Enumerable.Range(0, n);
        return $$$$$"""{"type":"object","properties":{{{{{{Join(all.Select(static index => $$$$$"""
            "p{{{{{index}}}}}":{"type":"string"}
            """))}}}}}},"required":[{{{{{Join(all.Select(static index => $"\"p{index}\""))}}}}}],"additionalProperties":false}""";
    }

    /// <summary>Properties that each refer to a definition of their own.</summary>
    public static string References(int n)
    {
        IEnumerable<int> all = Enumerable.Range(0, n);
        return $$$$$"""{"type":"object","properties":{{{{{{Join(all.Select(static index => $$$$$"""
            "p{{{{{index}}}}}":{"$ref":"#/$defs/d{{{{{index}}}}}"}
            """))}}}}}},"$defs":{{{{{{Join(all.Select(static index => $$$$$"""
            "d{{{{{index}}}}}":{"type":"object","properties":{"a":{"type":"string"}}}
            """))}}}}}}}""";
    }

    /// <summary>Definitions that each refer to the next one.</summary>
    public static string Chain(int n)
        => $$$$$"""{"type":"object","properties":{"a":{"$ref":"#/$defs/d0"}},"$defs":{{{{{{Join(Enumerable.Range(0, n).Select(static index => $$$$$"""
        "d{{{{{index}}}}}":{"type":"object","properties":{"a":{"$ref":"#/$defs/d{{{{{index + 1}}}}}"},"b":{"$ref":"#/$defs/d{{{{{index + 1}}}}}"}}}
        """))}}}}}}}""";

    /// <summary>A property of so many alternatives.</summary>
    public static string Alternatives(int n, string keyword) =>
        $$$$$"""{"type":"object","properties":{"a":{"{{{{{keyword}}}}}":[{{{{{Join(Enumerable.Range(0, n).Select(static index => $$$$$"""{"type":"object","properties":{"q{{{{{index}}}}}":{"type":"string"}}}"""))}}}}}]}}}""";

    /// <summary>A property of so many values.</summary>
    public static string Enumeration(int n)
        => $$$$$"""{"type":"object","properties":{"a":{"type":"string","enum":""" +
        $$$$$"""[{{{{{Join(Enumerable.Range(0, n).Select(static index => $"\"v{index}\""))}}}}}]}}}""";

    private static string Join(IEnumerable<string> parts) => string.Join(',', parts);
}
