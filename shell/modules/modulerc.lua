@marker@
-- Which of the modules beside it is the default, and which are for those only who have loaded them still.

local function prefer(module)
   module_version(module, "default")
end

local function hide(module)
   hide_version(module)
end

@lines@
