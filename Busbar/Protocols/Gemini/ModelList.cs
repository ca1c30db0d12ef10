using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini;

/// <summary>The list of models.</summary>
internal static class ModelList
{
    private static readonly JsonText[] Methods = [JsonText.From("generateContent"), JsonText.From("streamGenerateContent"),
        JsonText.From("countTokens")];

    /// <summary>Writes it.</summary>
    public static void Write(IReadOnlyList<ListedModel> models, JsonWriter output)
    {
        output.StartObject();
        output.StartArray("models"u8);
        foreach (ListedModel model in models)
        {
            output.StartObject();
            WriteEntry(model, output);
            output.EndObject();
        }

        output.EndArray();
        output.EndObject();
    }

    /// <summary>Writes the members of one entry.</summary>
    public static void WriteEntry(ListedModel model, JsonWriter output)
    {
        output.String("name"u8, "models/" + model.Name);
        output.String("displayName"u8, model.Name);
        if (model.Context is { } context)
        {
            output.Number("inputTokenLimit"u8, context);
        }

        output.StartArray("supportedGenerationMethods"u8);
        foreach (JsonText method in Methods)
        {
            output.Text(method);
        }

        output.EndArray();
    }
}
