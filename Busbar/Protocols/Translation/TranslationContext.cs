using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation;

/// <summary>
/// What one attempt's request side must remember for its response side. One instance per attempt; everything it holds is its own copy, so it
/// outlives the request it was made from. Not thread safe.
/// </summary>
internal sealed class TranslationContext
{
    private Dictionary<JsonText, ClientTool>? _tools;
    private HashSet<ulong>? _callIds;

    /// <summary>For an exchange between <paramref name="ingress"/> and <paramref name="egress"/>.</summary>
    public TranslationContext(ProtocolId ingress, ProtocolId egress, EgressTarget target)
    {
        Ingress = ingress;
        Egress = egress;
        Family = target.FamilyOver(egress);
        IsBoundFamily = target.Capabilities.BoundThinking;
        KeepsWords = ProtocolTable.Get(egress).Reasoning.ShowsUnasked && target.Capabilities.ReasoningContent;
    }

    /// <summary>The client's protocol.</summary>
    public ProtocolId Ingress { get; }

    /// <summary>The provider's protocol.</summary>
    public ProtocolId Egress { get; }

    /// <summary>What the client's protocol is.</summary>
    public Protocol Client => ProtocolTable.Get(Ingress);

    /// <summary>What the provider's protocol is.</summary>
    public Protocol Provider => ProtocolTable.Get(Egress);

    /// <summary>The model family that issues and verifies the signatures of this exchange.</summary>
    public string Family { get; }

    /// <summary>Thinking of the model is valid for that very model only.</summary>
    public bool IsBoundFamily { get; }

    /// <summary>The provider takes back the words of its own thinking, which it does not sign.</summary>
    public bool KeepsWords { get; }

    /// <summary>What was dropped or degraded so far, on both ways.</summary>
    public Losses Losses;

    /// <summary>The client waits for reasoning items, so that an answer without any gets an empty one.</summary>
    public bool NeedsReasoning { get; set; }

    /// <summary>What the client wants to see of the model's thinking.</summary>
    public ThinkingView Thinking { get; set; }

    /// <summary>The client asked for a summary: the words of the answer are one, and nothing else of it is shown.</summary>
    public bool WantsSummary { get; set; }

    /// <summary>Name, as the provider sees it, of the tool that stands in for a demanded answer form; absent when there is none.</summary>
    public JsonText StructuredTool { get; private set; }

    /// <summary>Declares the tool that stands in for a demanded answer form.</summary>
    public void SetStructuredTool(JsonText egressName) => StructuredTool = Own(egressName);

    /// <summary>Notes that the provider knows <paramref name="tool"/> as the function <paramref name="egressName"/>.</summary>
    public void AddTool(JsonText egressName, in ClientTool tool) =>
        (_tools ??= [])[Own(egressName)] = new(Own(tool.Name), tool.Namespace.IsAbsent ? default : Own(tool.Namespace), tool.Form);

    /// <summary>Makes room for the ids of so many calls.</summary>
    public void ExpectCallIds(int count)
    {
        if (count > 0)
        {
            (_callIds ??= []).EnsureCapacity(_callIds.Count + count);
        }
    }

    /// <summary>How many different call ids are taken.</summary>
    public int CallIds => _callIds?.Count ?? 0;

    /// <summary>
    /// Takes an id for a call of the conversation, as the client knows it; false when another call has it. Only a 64-bit hash is kept: should two ids
    /// share one, the later is renamed without need.
    /// </summary>
    public bool TryTakeCallId(JsonText id)
    {
        // FNV-1a.
        ulong hash = 14695981039346656037;
        foreach (byte letter in id.Span)
        {
            hash = (hash ^ letter) * 1099511628211;
        }

        return (_callIds ??= []).Add(hash);
    }

    /// <summary>What the client calls the tool the provider calls <paramref name="egressName"/>.</summary>
    public ClientTool ClientTool(JsonText egressName) =>
        _tools is not null && _tools.TryGetValue(egressName, out ClientTool tool) ? tool : new(egressName);

    /// <summary>Whether <paramref name="egressName"/> is the tool that stands in for a demanded answer form.</summary>
    public bool IsStructuredTool(JsonText egressName) => !StructuredTool.IsAbsent && StructuredTool.Equals(egressName);

    private static JsonText Own(JsonText text) => new(text.Span.ToArray());
}
