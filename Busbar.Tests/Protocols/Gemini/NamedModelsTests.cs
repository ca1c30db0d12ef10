using System.Text;
using Busbar.Protocols.Gemini;
using Busbar.Wire;

namespace Busbar.Tests.Protocols.Gemini;

/// <summary>Bodies that repeat the model of their path.</summary>
public sealed class NamedModelsTests
{
    [Theory]
    [InlineData("""{ "model" : "models/smart", "content":{"parts":[{"text":"model"}]}}""",
        """{ "model" : "models/wire", "content":{"parts":[{"text":"model"}]}}""")]
    [InlineData("""{"requests":[ {"model":"models/smart","content":{"model":1}}, {"x":1.0,"model":"a"} , {}]}""",
        """{"requests":[ {"model":"models/wire","content":{"model":1}}, {"x":1.0,"model":"models/wire"} , {}]}""")]
    [InlineData("""{"generateContentRequest":{"contents":[{"model":"x"}],"model":"models/smart"}}""",
        """{"generateContentRequest":{"contents":[{"model":"x"}],"model":"models/wire"}}""")]
    [InlineData("""{"contents":[{"model":"x"}]}""", null)]
    [InlineData("""{"model":7,"requests":{"model":"x"}}""", null)]
    public void Only_the_models_change(string body, string? expected)
    {
        using var output = new PooledBuffer();
        bool replaced = NamedModels.TryReplace(Encoding.UTF8.GetBytes(body), "models/wire", output);
        Assert.Equal((expected is not null, expected ?? ""), (replaced, Encoding.UTF8.GetString(output.Span)));
    }
}
