using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Ir.Request;

namespace Busbar.Tests.Growth;

/// <summary>Request bodies of every protocol put together from the same few elements.</summary>
internal sealed class Bodies(ProtocolId protocol)
{
    private readonly List<string> _turns = [];
    private readonly List<string> _tools = [];
    private readonly List<string> _members = [];

    /// <summary>One turn with the user's texts.</summary>
    public Bodies User(params IEnumerable<string> texts)
    {
        _turns.Add(Turn("user", texts.Select(TextPart)));
        return this;
    }

    /// <summary>One turn with the model's text.</summary>
    public Bodies Assistant(string text)
    {
        _turns.Add(protocol == ProtocolId.Responses
            ? $$$$$"""{"type":"message","role":"assistant","content":[{"type":"output_text","text":"{{{{{text}}}}}"}]}"""
            : Turn(protocol == ProtocolId.Gemini ? "model" : "assistant", [TextPart(text)]));
        return this;
    }

    /// <summary>One turn of calls.</summary>
    public Bodies Calls(IEnumerable<(string Id, string Name)> calls)
    {
        switch (protocol)
        {
            case ProtocolId.OpenAI or ProtocolId.Cohere:
                _turns.Add($$$$$"""{"role":"assistant","tool_calls":[{{{{{Join(calls.Select(call =>
                    $$$$$"""{"id":"{{{{{call.Id}}}}}","type":"function","function":{"name":"{{{{{call.Name}}}}}","arguments":"{}"}}"""))}}}}}]}""");
                break;
            case ProtocolId.Responses:
                _turns.AddRange(
                    calls.Select(
                    call => $$$$$"""{"type":"function_call","call_id":"{{{{{call.Id}}}}}","name":"{{{{{call.Name}}}}}","arguments":"{}"}"""));
                break;
            default:
                _turns.Add(Turn(protocol == ProtocolId.Gemini ? "model" : "assistant", calls.Select(call => protocol switch
                {
                    ProtocolId.Anthropic => $$$$$"""{"type":"tool_use","id":"{{{{{call.Id}}}}}","name":"{{{{{call.Name}}}}}","input":{}}""",
                    ProtocolId.Bedrock => $$$$$"""{"toolUse":{"toolUseId":"{{{{{call.Id}}}}}","name":"{{{{{call.Name}}}}}","input":{}}}""",
                    _ => $$$$$"""{"functionCall":{"id":"{{{{{call.Id}}}}}","name":"{{{{{call.Name}}}}}","args":{}}}""",
                })));
                break;
        }

        return this;
    }

    /// <summary>The results of calls, in one turn where the protocol has such turns.</summary>
    public Bodies Results(IEnumerable<(string Id, string Name)> calls)
    {
        switch (protocol)
        {
            case ProtocolId.OpenAI or ProtocolId.Cohere:
                _turns.AddRange(calls.Select(call => $$$$$"""{"role":"tool","tool_call_id":"{{{{{call.Id}}}}}","content":"fine"}"""));
                break;
            case ProtocolId.Responses:
                _turns.AddRange(calls.Select(call => $$$$$"""{"type":"function_call_output","call_id":"{{{{{call.Id}}}}}","output":"fine"}"""));
                break;
            default:
                _turns.Add(Turn("user", calls.Select(call => protocol switch
                {
                    ProtocolId.Anthropic
                        => $$$$$"""{"type":"tool_result","tool_use_id":"{{{{{call.Id}}}}}","content":[{"type":"text","text":"fine"}]}""",
                    ProtocolId.Bedrock => $$$$$"""{"toolResult":{"toolUseId":"{{{{{call.Id}}}}}","content":[{"text":"fine"}]}}""",
                    _ => $$$$$"""{"functionResponse":{"id":"{{{{{call.Id}}}}}","name":"{{{{{call.Name}}}}}","response":{"output":"fine"}}}""",
                })));
                break;
        }

        return this;
    }

    /// <summary>A tool.</summary>
    public Bodies Tool(string name, string schema = """{"type":"object","properties":{"a":{"type":"string"}}}""", bool strict = false)
    {
        string mark = strict ? ",\"strict\":true" : "";
        _tools.Add(protocol switch
        {
            ProtocolId.Anthropic => $$$$$"""{"name":"{{{{{name}}}}}","input_schema":{{{{{schema}}}}}{{{{{mark}}}}}}""",
            ProtocolId.Responses => $$$$$"""{"type":"function","name":"{{{{{name}}}}}","parameters":{{{{{schema}}}}}{{{{{mark}}}}}}""",
            ProtocolId.Gemini => $$$$$"""{"name":"{{{{{name}}}}}","parametersJsonSchema":{{{{{schema}}}}}}""",
            ProtocolId.Bedrock => $$$$$"""{"toolSpec":{"name":"{{{{{name}}}}}","inputSchema":{"json":{{{{{schema}}}}}}}}""",
            _ => $$$$$"""{"type":"function","function":{"name":"{{{{{name}}}}}","parameters":{{{{{schema}}}}}{{{{{mark}}}}}}}""",
        });
        return this;
    }

    /// <summary>The tools that may be called, where the protocol can say so.</summary>
    public Bodies Allow(IEnumerable<string> names)
    {
        switch (protocol)
        {
            case ProtocolId.OpenAI:
                Member("tool_choice", $$$$$"""{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{{{{{Join(names.Select(name =>
                    $$$$$"""{"type":"function","function":{"name":"{{{{{name}}}}}"}}"""))}}}}}]}}""");
                break;
            case ProtocolId.Responses:
                Member("tool_choice",
                    $$$$$"""{"type":"allowed_tools","mode":"required","tools":[{{{{{Join(names.Select(name => $$$$$"""{"type":"function","name":"{{{{{name}}}}}"}"""))}}}}}]}""");
                break;
            case ProtocolId.Gemini:
                Member("toolConfig",
                    $$$$$"""{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":[{{{{{Join(names.Select(Quoted))}}}}}]}}""");
                break;
        }

        return this;
    }

    /// <summary>Any other member.</summary>
    public Bodies Member(string name, string json)
    {
        _members.Add($"\"{name}\":{json}");
        return this;
    }

    /// <summary>The demand for an answer of a form.</summary>
    public Bodies Format(string schema) => protocol switch
    {
        ProtocolId.Anthropic => Member("output_config", $$$$$"""{"format":{"type":"json_schema","schema":{{{{{schema}}}}}}}"""),
        ProtocolId.OpenAI
            => Member("response_format", $$$$$"""{"type":"json_schema","json_schema":{"name":"a","strict":true,"schema":{{{{{schema}}}}}}}"""),
        ProtocolId.Responses => Member("text", $$$$$"""{"format":{"type":"json_schema","name":"a","strict":true,"schema":{{{{{schema}}}}}}}"""),
        ProtocolId.Gemini => Member("generationConfig", $$$$$"""{"responseMimeType":"application/json","responseJsonSchema":{{{{{schema}}}}}}"""),
        ProtocolId.Cohere => Member("response_format", $$$$$"""{"type":"json_object","json_schema":{{{{{schema}}}}}}"""),
        _ => this,
    };

    /// <summary>Sequences that end the answer.</summary>
    public Bodies Stop(IEnumerable<string> sequences)
    {
        string list = $"[{Join(sequences.Select(Quoted))}]";
        return protocol switch
        {
            ProtocolId.OpenAI => Member("stop", list),
            ProtocolId.Gemini => Member("generationConfig", $$$$$"""{"stopSequences":{{{{{list}}}}}}"""),
            ProtocolId.Bedrock => Member("inferenceConfig", $$$$$"""{"stopSequences":{{{{{list}}}}}}"""),
            ProtocolId.Responses => this,
            _ => Member("stop_sequences", list),
        };
    }

    /// <summary>The body.</summary>
    public byte[] Build()
    {
        if (_turns.Count == 0)
        {
            User("Hello");
        }

        var json = new StringBuilder("{");
        json.Append(protocol is ProtocolId.Gemini or ProtocolId.Bedrock ? "" : "\"model\":\"m\",");
        json.Append(protocol == ProtocolId.Anthropic ? "\"max_tokens\":100," : "");
        json.Append(protocol switch { ProtocolId.Gemini => "\"contents\":[", ProtocolId.Responses => "\"input\":[", _ => "\"messages\":[" });
        json.AppendJoin(',', _turns).Append(']');
        if (_tools.Count > 0)
        {
            string tools = Join(_tools);
            json.Append(protocol switch
            {
                ProtocolId.Gemini => $$$$$""","tools":[{"functionDeclarations":[{{{{{tools}}}}}]}]""",
                ProtocolId.Bedrock => $$$$$""","toolConfig":{"tools":[{{{{{tools}}}}}]}""",
                _ => $$$$$""","tools":[{{{{{tools}}}}}]""",
            });
        }

        foreach (string member in _members)
        {
            json.Append(',').Append(member);
        }

        return Encoding.UTF8.GetBytes(json.Append('}').ToString());
    }

    private static string Join(IEnumerable<string> parts) => string.Join(',', parts);

    private static string Quoted(string text) => JsonSerializer.Serialize(text);

    private string TextPart(string text) => protocol switch
    {
        ProtocolId.Gemini or ProtocolId.Bedrock => $$$$$"""{"text":"{{{{{text}}}}}"}""",
        ProtocolId.Responses => $$$$$"""{"type":"input_text","text":"{{{{{text}}}}}"}""",
        _ => $$$$$"""{"type":"text","text":"{{{{{text}}}}}"}""",
    };

    private string Turn(string role, IEnumerable<string> parts) => protocol == ProtocolId.Gemini
        ? $$$$$"""{"role":"{{{{{role}}}}}","parts":[{{{{{Join(parts)}}}}}]}"""
        : $$$$$"""{"role":"{{{{{role}}}}}","content":[{{{{{Join(parts)}}}}}]}""";
}
